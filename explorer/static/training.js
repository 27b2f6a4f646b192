// The curve of a training run: the dev measure over steps, the loss behind it, the base it has to beat, the best that is kept.
// drawTraining({curve, losses, measure}) -> a figure, or null while nothing was measured.
function drawTraining({curve, losses, measure}) {
  const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, FOOT] = [760, 230, 52, 52, 14, 30];
  if (!curve.length) return null;
  const last = Math.max(1, ...curve.map((one) => one.step), ...losses.map((one) => one.step));

  function shape(tag, attributes, text) {
    const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  // {low, high, y(value)}: the scale of some values over the height of the figure
  function scale(values) {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const room = (high - low) * 0.1 || 0.01;
    return {low, high, y: (value) => TOP + (1 - (value - low + room) / (high - low + 2 * room)) * (HEIGHT - TOP - FOOT)};
  }

  const x = (step) => LEFT + step / last * (WIDTH - LEFT - RIGHT);
  const line = (points, y) => points.map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const dev = scale(curve.map((one) => one.value));
  const loss = losses.length ? scale(losses.map((one) => one.loss)) : null;
  const kept = curve.filter((one) => one.best).at(-1);
  const said = `dev ${measure}: ${curve[0].value.toFixed(3)} before training, ${curve.at(-1).value.toFixed(3)} at step ${curve.at(-1).step}${kept ? `, best ${kept.value.toFixed(3)} at step ${kept.step}` : ''}`;
  const svg = shape('svg', {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': said});
  svg.append(shape('line', {class: 'ex-curve-axis', x1: LEFT, x2: WIDTH - RIGHT, y1: HEIGHT - FOOT, y2: HEIGHT - FOOT}));
  svg.append(shape('line', {class: 'ex-curve-base', x1: LEFT, x2: WIDTH - RIGHT, y1: dev.y(curve[0].value), y2: dev.y(curve[0].value)}));
  if (loss) svg.append(shape('polyline', {class: 'ex-training-loss', points: line(losses.map((one) => [one.step, one.loss]), loss.y)}));
  svg.append(shape('polyline', {class: 'ex-curve-line', points: line(curve.map((one) => [one.step, one.value]), dev.y)}));
  for (const one of curve) svg.append(shape('circle', {class: 'ex-training-point', cx: x(one.step), cy: dev.y(one.value), r: 3}));
  if (kept) svg.append(shape('text', {class: 'ex-training-kept', x: x(kept.step), y: dev.y(kept.value) + 6, 'text-anchor': 'middle'}, '◆'));
  const corners = [['end', LEFT - 8, dev.y(dev.high) + 4, dev.high.toFixed(3)], ['end', LEFT - 8, dev.y(dev.low) + 4, dev.low.toFixed(3)],
    ['start', LEFT, HEIGHT - 8, '0'], ['end', WIDTH - RIGHT, HEIGHT - 8, `step ${last}`]];
  if (loss) corners.push(['start', WIDTH - RIGHT + 8, loss.y(loss.high) + 4, loss.high.toFixed(2)], ['start', WIDTH - RIGHT + 8, loss.y(loss.low) + 4, loss.low.toFixed(2)]);
  if (dev.high === dev.low) corners.splice(0, 1);
  for (const [anchor, left, top, text] of corners) svg.append(shape('text', {'text-anchor': anchor, x: left, y: top}, text));
  const figure = make('figure', 'ex-curve ex-training');
  const key = make('p', 'ex-note');
  key.append(term(make('span', '', 'line: dev measure (left)'), 'dev curve'), ' · ', term(make('span', '', 'dots: training loss (right)'), 'loss'), ' · dashed: the base · ', term(make('span', '', '◆ best, kept'), 'kept'));
  figure.append(make('figcaption', '', `Dev ${measure}`), svg, key);
  return figure;
}
