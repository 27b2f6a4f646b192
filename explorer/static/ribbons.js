// Ribbons between neighbouring columns: where each document of the left one went in the right one.
// Loaded before compare.js. Colour says up or down, and so does the line: solid up, dashed down, dotted new or lost.
function makeRibbons(grid) {
  const NS = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(NS, 'svg');
  svg.classList.add('ex-ribbons');
  svg.setAttribute('aria-hidden', 'true');
  const observer = new ResizeObserver(() => draw());

  function place(card, frame) {
    const box = card.getBoundingClientRect();
    return {left: box.left - frame.left + grid.scrollLeft, right: box.right - frame.left + grid.scrollLeft, y: box.top - frame.top + Math.min(22, box.height / 2)};
  }

  function path(kind, from, to, doc) {
    const line = document.createElementNS(NS, 'path');
    const bend = (to.x - from.x) / 2;
    line.setAttribute('d', `M${from.x},${from.y} C${from.x + bend},${from.y} ${to.x - bend},${to.y} ${to.x},${to.y}`);
    line.setAttribute('class', `ex-ribbon ex-ribbon-${kind}`);
    line.dataset.doc = doc;
    return line;
  }

  function draw() {
    const columns = [...grid.querySelectorAll('.ex-column')].map((column) => [...column.querySelectorAll('.ex-card')]);
    const frame = grid.getBoundingClientRect();
    const lines = [];
    for (let n = 1; n < columns.length; n += 1) {
      const left = new Map(columns[n - 1].map((card, rank) => [card.dataset.doc, {rank, ...place(card, frame)}]));
      const right = new Map(columns[n].map((card, rank) => [card.dataset.doc, {rank, ...place(card, frame)}]));
      if (!left.size || !right.size) continue;
      const stub = Math.min(18, ([...right.values()][0].left - [...left.values()][0].right) / 2);
      if (stub <= 0) continue; // stacked, as on a narrow screen: nothing to connect
      for (const [doc, from] of left) {
        const to = right.get(doc);
        if (to) lines.push(path(to.rank < from.rank ? 'up' : to.rank > from.rank ? 'down' : 'same', {x: from.right, y: from.y}, {x: to.left, y: to.y}, doc));
        else lines.push(path('lost', {x: from.right, y: from.y}, {x: from.right + stub, y: from.y + 8}, doc));
      }
      for (const [doc, to] of right) if (!left.has(doc)) lines.push(path('new', {x: to.left - stub, y: to.y + 8}, {x: to.left, y: to.y}, doc));
    }
    svg.setAttribute('width', grid.scrollWidth);
    svg.setAttribute('height', grid.scrollHeight);
    svg.replaceChildren(...lines);
    mark();
  }

  function mark() {
    const chosen = grid.querySelector('.ex-card[aria-pressed="true"]')?.dataset.doc;
    for (const line of svg.children) line.classList.toggle('ex-ribbon-chosen', line.dataset.doc === chosen);
  }

  grid.append(svg);
  observer.observe(grid);
  for (const column of grid.querySelectorAll('.ex-column')) observer.observe(column);
  return {draw, dispose: () => { observer.disconnect(); svg.remove(); }};
}
