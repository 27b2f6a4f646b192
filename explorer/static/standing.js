// Where a teacher stands: per query against the baseline, and how far teachers and gold agree. Texts go through textContent.
// api: {get() -> view, onChange(callback) -> off, emit("submit", {query_id, teacher})}. Returns its disposer.
function mountStanding(host, api) {
  const [SIZE, EDGE, FOOT] = [420, 44, 36];
  const REST = 250; // milliseconds after which a slider counts as let go
  const root = make('div', 'ex-standing');
  host.replaceChildren(root);
  let [view, mixes, chosen, at, points, marks, settling] = [null, [], '', 0, [], [], 0];

  function draw() {
    view = api.get();
    if (!view || !view.queries) { root.replaceChildren(); return; }
    mixes = [];
    if (!view.teachers.some((one) => one.name === chosen)) chosen = (view.teachers[0] || {}).name || '';
    if (!chosen) {
      root.replaceChildren(make('div', 'ex-empty', 'No teacher scored these queries: there is nothing to hold against the baseline.'));
      return;
    }
    const plots = make('div', 'ex-standing-plots');
    plots.append(scatter(), agreement());
    root.replaceChildren(plots, make('section', 'ex-panel ex-wrong'));
    document.dispatchEvent(new CustomEvent('explorer-mix-wanted'));
    paint();
  }

  // A mix knows no titles and no spec of its own: what it leads to on Compare stays as it is.
  function all() {
    const others = mixes.map((one) => ({name: one.name, spec: '', values: one.values, mixed: true}));
    return [...view.teachers, ...others];
  }

  const teacher = () => all().find((one) => one.name === chosen) || view.teachers[0];

  function scatter() {
    const box = make('section', 'ex-panel ex-scatter');
    const head = make('div', 'ex-panel-head');
    const select = make('select', 'ex-pick');
    select.setAttribute('aria-label', 'teacher to hold against the baseline');
    select.addEventListener('change', () => { chosen = select.value; at = 0; paint(); });
    head.append(make('h3', '', `${view.measure}: ${view.base} against`), select);
    const said = make('p', 'ex-point-said');
    said.setAttribute('aria-live', 'polite');
    const plot = make('div', 'ex-plot');
    plot.addEventListener('keydown', onKey);
    box.append(head, make('p', 'ex-note ex-above'), plot, said);
    return box;
  }

  function paint() {
    const select = root.querySelector('.ex-scatter .ex-pick');
    if (!select) return;
    const names = all().map((one) => one.name);
    if (select.options.length !== names.length) select.replaceChildren(...names.map((name) => Object.assign(make('option', '', name), {value: name})));
    select.value = teacher().name;
    paintPoints();
    paintWrong();
  }

  function paintPoints() {
    const told = teacher();
    points = view.queries.map((query, n) => ({...query, n, x: view.baseline[n], y: told.values[n]})).filter((one) => one.y !== null);
    points.sort((a, b) => (b.y - b.x) - (a.y - a.x) || a.n - b.n);
    at = Math.min(at, Math.max(0, points.length - 1));
    const count = (side) => points.filter((one) => Math.sign(Math.round(1e6 * (one.y - one.x))) === side).length;
    const above = root.querySelector('.ex-above');
    above.replaceChildren(mark('●', 'ex-up'), make('span', '', ` above: ${count(1)} · `), mark('○', 'ex-down'), make('span', '', ` below: ${count(-1)} · on the diagonal: ${count(0)}`));
    term(above, 'above the diagonal', view.teach);
    const held = root.querySelector('.ex-plot').contains(document.activeElement);
    const svg = shape('svg', {viewBox: `0 0 ${SIZE} ${SIZE}`, role: 'group', 'aria-label': `${points.length} queries: ${view.measure} of ${view.base} from left to right, of ${told.name} from bottom to top; arrow keys move from the largest gain on, Enter opens one in Compare`});
    svg.append(...frame(told.name));
    marks = points.map(point);
    svg.append(...marks);
    root.querySelector('.ex-plot').replaceChildren(svg);
    if (points.length) choose(at, held);
  }

  const mark = (sign, className) => make('b', className, sign);
  const x = (value) => EDGE + value * (SIZE - EDGE - 14);
  const y = (value) => SIZE - FOOT - value * (SIZE - FOOT - 14);

  function frame(name) {
    const made = [shape('polygon', {class: 'ex-teachable', points: `${x(0)},${y(0)} ${x(0)},${y(1)} ${x(1)},${y(1)}`}), shape('line', {class: 'ex-diagonal', x1: x(0), y1: y(0), x2: x(1), y2: y(1)})];
    for (const tick of [0, 0.5, 1]) {
      made.push(shape('text', {x: x(tick), y: SIZE - FOOT + 16, 'text-anchor': 'middle'}, tick), shape('text', {x: EDGE - 10, y: y(tick) + 4, 'text-anchor': 'end'}, tick));
    }
    made.push(shape('text', {x: x(0.5), y: SIZE - 4, 'text-anchor': 'middle'}, `${view.base} →`));
    made.push(shape('text', {x: -y(0.5), y: 12, transform: 'rotate(-90)', 'text-anchor': 'middle'}, `${name} →`));
    made.push(shape('text', {class: 'ex-plot-word', x: x(0.03), y: y(0.95)}, 'can teach'), shape('text', {class: 'ex-plot-word', x: x(0.97), y: y(0.03), 'text-anchor': 'end'}, 'would mislead'));
    return made;
  }

  // Equal values are common: each point is moved by up to 5 pixels, always the same for the same query.
  function put(dot, one) {
    const turn = one.n * 2.399963;
    const away = 5 * Math.sqrt((one.n % 13) / 13);
    const side = one.y > one.x + 1e-6 ? 'up' : one.y < one.x - 1e-6 ? 'down' : 'same';
    dot.setAttribute('class', `ex-point ex-point-${side}`);
    dot.setAttribute('cx', x(one.x) + away * Math.cos(turn));
    dot.setAttribute('cy', y(one.y) + away * Math.sin(turn));
  }

  function point(one, place) {
    const dot = shape('circle', {r: 4.5, role: 'button', tabindex: -1, 'aria-label': sentence(one)});
    put(dot, one);
    dot.addEventListener('click', () => { choose(place, true); show(one.query_id); });
    dot.addEventListener('pointerenter', () => said(one));
    dot.addEventListener('focus', () => { choose(place, false); });
    return dot;
  }

  const sentence = (one) => `${one.text} — ${view.base} ${one.x.toFixed(3)}, ${teacher().name} ${one.y.toFixed(3)}`;

  function said(one) {
    const line = root.querySelector('.ex-point-said');
    line.replaceChildren(make('span', '', one.text), make('small', '', `${one.x.toFixed(3)} → ${one.y.toFixed(3)} · Enter or click opens it in Compare`));
  }

  function choose(place, focus) {
    marks[at]?.setAttribute('tabindex', -1);
    at = Math.max(0, Math.min(points.length - 1, place));
    marks[at].setAttribute('tabindex', 0);
    said(points[at]);
    if (focus) marks[at].focus({preventScroll: true});
  }

  function onKey(event) {
    const steps = {ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: points.length - 1};
    if (event.key in steps) choose(steps[event.key], true);
    else if ((event.key === 'Enter' || event.key === ' ') && points[at]) show(points[at].query_id);
    else return;
    event.preventDefault();
  }

  function show(query_id) {
    api.emit('submit', {query_id, teacher: teacher().spec});
  }

  function agreement() {
    const box = make('section', 'ex-panel ex-agreement');
    box.append(make('h3', '', 'Who agrees with whom'));
    const rows = new Map(view.agreement.flatMap((row) => [[`${row.a}\n${row.b}`, row], [`${row.b}\n${row.a}`, row]]));
    const table = make('table', 'ex-matrix');
    const head = make('tr');
    head.append(make('td'), ...view.orders.map((name) => heading(name, 'col')));
    table.append(head);
    view.orders.forEach((a, i) => {
      const line = make('tr');
      line.append(heading(a, 'row'));
      view.orders.forEach((b, j) => line.append(i === j ? make('td', 'ex-matrix-self', '') : cell(a, b, rows.get(`${a}\n${b}`), i < j ? 'same' : 'tau')));
      table.append(line);
    });
    const wide = make('div', 'ex-wide');
    wide.tabIndex = 0; // it scrolls where it is wide
    wide.setAttribute('role', 'region');
    wide.setAttribute('aria-label', 'agreement of teachers, gold and baseline');
    wide.append(table);
    const above = make('p', 'ex-note', 'Above the diagonal: share of queries with the same first document (beside gold: with a relevant one first).');
    term(above, 'same first document', view.teach);
    const below = make('p', 'ex-note', 'Below: Kendall’s τ-b of the orders, mean over queries.');
    term(below, 'Kendall\'s τ-b', view.teach);
    box.append(wide, above, below);
    return box;
  }

  function heading(name, scope) {
    const node = make('th');
    node.scope = scope;
    for (const part of name.split(/(?<=[:+( ])/)) node.append(make('span', '', part), make('wbr')); // where a spec may break
    return node;
  }

  function cell(a, b, row, kind) {
    const value = row[kind];
    const node = make('td', `ex-matrix-${kind}`, value === null ? '–' : kind === 'same' ? `${Math.round(100 * value)} %` : `${value < 0 ? '−' : ''}${Math.abs(value).toFixed(2)}`);
    node.style.setProperty('--strength', `${Math.round(100 * Math.max(0, value ?? 0))}%`);
    node.title = `${a} and ${b}, ${row.queries} queries: ${view.teach[kind === 'same' ? 'same first document' : 'Kendall\'s τ-b']}`;
    return node;
  }

  function paintWrong() {
    const box = root.querySelector('.ex-wrong');
    const told = teacher();
    const rows = told.mixed ? null : points.filter((one) => told.wrong[one.n]).sort((a, b) => (a.y - a.x) - (b.y - b.x) || a.n - b.n);
    const head = make('h3', '', rows ? `${told.name} is wrong on ${rows.length} of ${points.length} queries` : `Where ${told.name} is worse than ${view.base}`);
    if (rows) term(head, 'teacher wrong', view.teach);
    const shown = rows || points.filter((one) => one.y < one.x - 1e-6).reverse();
    const list = make('ol', 'ex-wrong-list');
    list.append(...shown.map((one) => wrongRow(one, told)));
    const kept = box.querySelector('.ex-wrong-list')?.scrollTop;
    box.replaceChildren(head, shown.length ? list : make('p', 'ex-empty', rows ? 'Its first document is relevant on every query.' : 'Nowhere.'));
    if (kept) list.scrollTop = kept;
  }

  function wrongRow(one, told) {
    const item = make('li');
    const open = make('button', 'ex-wrong-row');
    open.type = 'button';
    open.title = 'open in Compare';
    const change = make('span', one.y < one.x ? 'ex-down' : one.y > one.x ? 'ex-up' : '', `${one.x.toFixed(2)} → ${one.y.toFixed(2)}`);
    const what = make('span', 'ex-what');
    what.append(make('span', 'ex-question', one.text));
    const first = told.firsts && told.firsts[one.n];
    if (first) what.append(make('span', 'ex-tags', `first: ${first.title || first.doc_id} ${told.judged[one.n] ? '(judged useless)' : '(nobody judged it)'}`));
    open.append(change, what);
    open.addEventListener('click', () => show(one.query_id));
    item.append(open);
    return item;
  }

  function shape(tag, attributes, text) {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function heard(event) {
    if (!view || !view.queries || event.detail.key !== view.key) return;
    const before = mixes.length;
    mixes = event.detail.mixes;
    if (before !== mixes.length) paint();
    else if (teacher().mixed) follow(teacher());
  }

  // While a slider moves, points move at once; their order, labels and the list wait until it rests.
  function follow(told) {
    points.forEach((one, place) => {
      const value = told.values[one.n];
      if (value === null || value === one.y) return;
      one.y = value;
      put(marks[place], one);
    });
    clearTimeout(settling);
    settling = setTimeout(paint, REST);
  }

  document.addEventListener('explorer-mixed', heard);
  const off = api.onChange(draw);
  draw();
  return () => { off(); clearTimeout(settling); document.removeEventListener('explorer-mixed', heard); root.remove(); };
}
