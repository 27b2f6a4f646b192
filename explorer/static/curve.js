// A measure over lambda, with the place where the slider stands. Returns {node, draw}.
// meansAt(lambda) -> [mean of each measure], computed once per step; `own`: those of the baseline.
function makeCurve(meansAt, own) {
  const STEPS = 20;
  const [WIDTH, HEIGHT, LEFT, TOP, FOOT] = [400, 260, 48, 12, 28];
  const node = make('figure', 'ex-curve');
  let steps = null;

  function shape(tag, attributes, text) {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function draw(name, measure, lambda, now, base) {
    steps ??= Array.from({length: STEPS + 1}, (_, step) => meansAt(step / STEPS));
    const points = steps.map((values) => values[measure]);
    const [low, high] = [Math.min(...points, own[measure], now), Math.max(...points, own[measure], now)];
    const x = (share) => LEFT + share * (WIDTH - LEFT - 12);
    const y = (value) => TOP + (1 - (value - low) / (high - low || 1)) * (HEIGHT - TOP - FOOT);
    const said = `${name} over lambda: ${points[0].toFixed(3)} at 0, ${points[STEPS].toFixed(3)} at 1, ${now.toFixed(3)} at ${lambda.toFixed(2)}; baseline ${own[measure].toFixed(3)}`;
    const svg = shape('svg', {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': said});
    svg.append(
      shape('line', {class: 'ex-curve-axis', x1: x(0), x2: x(1), y1: HEIGHT - FOOT, y2: HEIGHT - FOOT}),
      shape('line', {class: 'ex-curve-base', x1: x(0), x2: x(1), y1: y(own[measure]), y2: y(own[measure])}),
      shape('polyline', {class: 'ex-curve-line', points: points.map((value, step) => `${x(step / STEPS)},${y(value)}`).join(' ')}),
      shape('line', {class: 'ex-curve-now', x1: x(lambda), x2: x(lambda), y1: TOP, y2: HEIGHT - FOOT}),
      shape('circle', {class: 'ex-curve-dot', cx: x(lambda), cy: y(now), r: 5}),
      shape('text', {'text-anchor': 'end', x: LEFT - 8, y: TOP + 4}, high.toFixed(3)),
      shape('text', {'text-anchor': 'end', x: LEFT - 8, y: HEIGHT - FOOT + 4}, low.toFixed(3)),
      shape('text', {'text-anchor': 'start', x: LEFT, y: HEIGHT - 8}, 'λ 0: retriever'),
      shape('text', {'text-anchor': 'end', x: x(1), y: HEIGHT - 8}, 'λ 1: rationale'),
    );
    node.replaceChildren(make('figcaption', '', `${name} of RADIO’s mix over λ`), svg, make('p', 'ex-note', `dashed: ${base} ${own[measure].toFixed(3)} · at λ ${lambda.toFixed(2)}: ${now.toFixed(3)}`));
  }

  return {node, draw};
}
