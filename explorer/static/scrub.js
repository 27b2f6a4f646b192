// Ranks over the steps of a run, or over the weight of a student in a blend: a bump chart with a slider, and the ranking at
// the chosen moment beside it. Relevant documents are thick and marked. Texts go through textContent.
// api: {get() -> view, onChange(callback) -> off, emit("submit", {run, at})}. Returns its disposer.
function mountScrub(host, api) {
  const SVG = 'http://www.w3.org/2000/svg';
  const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, FLOOR, STRIP] = [720, 400, 52, 96, 14, 296, 64];
  const PACE = 700; // milliseconds per moment while playing
  const root = make('div', 'ex-scrub');
  host.replaceChildren(root);
  let view = null;
  let at = 0;
  let marked = ''; // the document pointed at
  let timer = 0;
  let parts = {};
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches; // then nothing moves unasked

  function draw() {
    const before = view && view.moments ? {key: key(view), last: at === view.moments.length - 1} : null;
    view = api.get();
    if (!view || !view.moments) {
      stop();
      const box = make('div', view && view.error ? 'ex-empty ex-error' : 'ex-empty', (view && view.message) || '');
      if (view && view.error) box.setAttribute('role', 'alert');
      box.hidden = !(view && view.message);
      root.replaceChildren(box);
      return;
    }
    const same = before && before.key === key(view);
    if (!same) { stop(); marked = ''; }
    if (!same || before.last) at = same || view.axis === 'step' ? best(same) : view.moments.length - 1;
    at = Math.min(at, view.moments.length - 1);
    const focused = root.contains(document.activeElement) ? document.activeElement.dataset.key : '';
    const body = make('div', 'ex-scrub-body');
    parts = {list: make('ol', 'ex-scrub-list')};
    parts.list.setAttribute('aria-label', 'ranking at this moment');
    body.append(chart(), parts.list);
    const heading = view.axis === 'blend' ? term(make('h3', '', 'Between the base and the student'), 'blend alpha', view.teach) : term(make('h3', '', 'Step by step'), 'rank over steps', view.teach);
    root.replaceChildren(heading, controls(), body, make('p', 'ex-note', `Ranks count among ${view.among}.${view.note ? ` Note: ${view.note}.` : ''}`));
    paint();
    if (focused) root.querySelector(`[data-key="${focused}"]`)?.focus({preventScroll: true});
  }

  function key(of) { return `${of.run}\0${of.query}\0${of.axis}`; }

  // A first look shows the student that was kept; a run that goes on is followed.
  function best(live) {
    const kept = view.moments.findIndex((moment) => moment.kept);
    return live || kept < 0 ? view.moments.length - 1 : kept;
  }

  function named(moment) {
    if (view.axis === 'blend') return moment.at === 0 ? 'base' : moment.at === 1 ? 'student' : `α ${moment.at}`;
    return moment.at === 0 ? 'base' : `step ${moment.at}`;
  }

  function controls() {
    const row = make('div', 'ex-scrub-controls');
    parts.play = make('button', 'ex-play');
    parts.play.type = 'button';
    parts.play.dataset.key = 'play';
    parts.play.addEventListener('click', () => (calm ? advance() : timer ? stop() : play()));
    const slider = make('input');
    slider.type = 'range';
    slider.min = 0;
    slider.max = view.moments.length - 1;
    slider.step = 1;
    slider.value = at;
    slider.dataset.key = 'slider';
    slider.setAttribute('aria-label', view.axis === 'blend' ? 'weight of the student' : 'step of training');
    slider.addEventListener('input', () => { stop(); at = Number(slider.value); paint(); });
    parts.slider = slider;
    parts.now = term(make('output', 'ex-scrub-now'), 'kept', view.teach);
    row.append(parts.play, slider, parts.now);
    if (view.axis === 'blend') {
      parts.use = make('button', 'ex-plain ex-use', '');
      parts.use.type = 'button';
      parts.use.addEventListener('click', () => api.emit('submit', {run: view.run, at: view.moments[at].at}));
      row.append(parts.use);
    }
    return row;
  }

  function play() {
    if (at === view.moments.length - 1) at = 0;
    paint();
    timer = setInterval(() => {
      at += 1;
      if (at >= view.moments.length - 1) stop();
      paint();
    }, PACE);
    paint();
  }

  function advance() {
    at = (at + 1) % view.moments.length;
    paint();
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    if (parts.play) label();
  }

  function label() {
    parts.play.textContent = calm ? 'Next' : timer ? '❚❚ Pause' : '▶ Play';
  }

  function x(place) {
    return LEFT + (view.moments.length > 1 ? place / (view.moments.length - 1) : 0.5) * (WIDTH - LEFT - RIGHT);
  }

  function y(rank) {
    const bottom = Math.log(view.depth * 1.6);
    return TOP + (rank === null ? bottom : Math.log(rank)) / bottom * (FLOOR - TOP);
  }

  function shape(name, attributes, text) {
    const node = document.createElementNS(SVG, name);
    for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function chart() {
    const svg = shape('svg', {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', class: 'ex-scrub-chart'});
    svg.setAttribute('aria-label', summary());
    for (const rank of [1, 2, 3, 5, 10, 20, 50, 100].filter((one) => one <= view.depth)) {
      svg.append(shape('line', {x1: LEFT, x2: WIDTH - RIGHT, y1: y(rank), y2: y(rank), class: 'ex-grid'}), shape('text', {x: LEFT - 8, y: y(rank) + 4, 'text-anchor': 'end', class: 'ex-tick'}, rank));
    }
    const below = shape('text', {x: LEFT - 8, y: y(null) + 4, 'text-anchor': 'end', class: 'ex-tick'}, `> ${view.depth}`);
    below.append(shape('title', {}, view.teach['rank over steps']));
    parts.cursor = shape('line', {y1: TOP - 6, y2: FLOOR + STRIP + 22, class: 'ex-cursor'});
    svg.append(below, parts.cursor);
    parts.lines = new Map();
    for (const doc of [...view.documents].reverse()) svg.append(curve(doc));
    svg.append(...strip());
    svg.addEventListener('click', (event) => {
      const box = svg.getBoundingClientRect();
      const share = ((event.clientX - box.left) / box.width * WIDTH - LEFT) / (WIDTH - LEFT - RIGHT);
      stop();
      at = Math.max(0, Math.min(view.moments.length - 1, Math.round(share * (view.moments.length - 1))));
      paint();
    });
    return svg;
  }

  function curve(doc) {
    const group = shape('g', {class: doc.grade > 0 ? 'ex-line ex-line-gold' : 'ex-line'});
    const path = doc.ranks.map((rank, place) => `${place ? 'L' : 'M'}${x(place).toFixed(1)} ${y(rank).toFixed(1)}`).join('');
    const title = shape('title', {}, `${doc.grade > 0 ? '★ relevant: ' : ''}${doc.title || doc.doc_id}`);
    const dot = shape('circle', {r: doc.grade > 0 ? 5 : 3});
    const last = doc.ranks[doc.ranks.length - 1];
    const name = shape('text', {x: WIDTH - RIGHT + 8, y: y(last) + 4, class: 'ex-line-name'}, `${doc.grade > 0 ? '★ ' : ''}${short(doc.doc_id)}`);
    group.append(shape('path', {d: path}), dot, name, title);
    group.addEventListener('mouseenter', () => { marked = doc.doc_id; mark(); });
    group.addEventListener('mouseleave', () => { marked = ''; mark(); });
    parts.lines.set(doc.doc_id, {group, dot, doc});
    return group;
  }

  function short(text) { return text.length > 12 ? `${text.slice(0, 11)}…` : text; }

  // The dev measure under the ranks, on the same axis; the student that was kept is a diamond.
  function strip() {
    const values = view.moments.map((moment) => moment.value);
    const told = values.filter((value) => value !== null);
    const foot = FLOOR + 22 + STRIP;
    const nodes = axis(foot + 14);
    if (!told.length) return nodes;
    const [low, high] = [Math.min(...told), Math.max(...told)];
    const height = (value) => foot - 6 - (high > low ? (value - low) / (high - low) : 0.5) * (STRIP - 16);
    const points = values.map((value, place) => (value === null ? null : [x(place), height(value), place])).filter(Boolean);
    const title = shape('text', {x: LEFT - 8, y: FLOOR + 34 + STRIP / 2 - 12, 'text-anchor': 'end', class: 'ex-tick'}, 'dev');
    title.append(shape('title', {}, view.teach['dev curve']));
    nodes.push(title, shape('path', {d: points.map(([px, py], n) => `${n ? 'L' : 'M'}${px.toFixed(1)} ${py.toFixed(1)}`).join(''), class: 'ex-dev'}));
    for (const [px, py, place] of points) {
      const kept = view.moments[place].kept;
      const glyph = shape('text', {x: px, y: py + 5, 'text-anchor': 'middle', class: kept ? 'ex-dev-kept' : 'ex-dev-point'}, kept ? '◆' : '•');
      glyph.append(shape('title', {}, `${view.measure} ${values[place].toFixed(3)} at ${named(view.moments[place])}${kept ? `; ${view.teach.kept}` : ''}`));
      nodes.push(glyph);
    }
    const ends = [[high, height(high)], ...(high > low ? [[low, height(low)]] : [])];
    for (const [value, py] of ends) nodes.push(shape('text', {x: WIDTH - RIGHT + 8, y: py + 4, class: 'ex-tick'}, value.toFixed(3)));
    return nodes;
  }

  function axis(line) {
    const every = Math.ceil(view.moments.length / 8);
    const places = view.moments.map((_, place) => place).filter((place) => place % every === 0);
    return places.map((place) => shape('text', {x: x(place), y: line, 'text-anchor': 'middle', class: 'ex-tick'}, view.axis === 'blend' || place === 0 ? named(view.moments[place]) : view.moments[place].at));
  }

  function summary() {
    const gold = view.documents.filter((doc) => doc.grade > 0);
    const told = gold.slice(0, 5).map((doc) => `${doc.title || doc.doc_id} from ${place(doc.ranks[0])} to ${place(doc.ranks[doc.ranks.length - 1])}`);
    return `Ranks of ${view.documents.length} documents over ${view.moments.length} ${view.axis === 'blend' ? 'blends' : 'steps'}; relevant: ${told.join('; ') || 'none judged'}`;
  }

  function place(rank) { return rank === null ? `below ${view.depth}` : `rank ${rank}`; }

  function paint() {
    const moment = view.moments[at];
    label();
    parts.slider.value = at;
    parts.slider.setAttribute('aria-valuetext', named(moment));
    const dev = moment.value === null ? '' : ` · dev ${moment.value.toFixed(3)}`;
    parts.now.textContent = `${named(moment)}${dev}${moment.kept ? ' · ◆ kept' : ''}`;
    if (parts.use) parts.use.textContent = moment.at === 0 ? 'Compare with the base' : `Compare with student:${view.run}${moment.at < 1 ? `@${moment.at}` : ''}`;
    if (parts.use) parts.use.disabled = moment.at === 0;
    parts.cursor.setAttribute('x1', x(at));
    parts.cursor.setAttribute('x2', x(at));
    for (const {dot, doc} of parts.lines.values()) {
      dot.setAttribute('cx', x(at));
      dot.setAttribute('cy', y(doc.ranks[at]));
    }
    const order = view.documents.filter((doc) => doc.grade > 0 || (doc.ranks[at] !== null && doc.ranks[at] <= 10));
    order.sort((one, other) => (one.ranks[at] ?? Infinity) - (other.ranks[at] ?? Infinity));
    parts.list.replaceChildren(...order.slice(0, 14).map(row));
    mark();
  }

  function row(doc) {
    const item = make('li', doc.grade > 0 ? 'ex-gold' : '');
    item.dataset.doc = doc.doc_id;
    const [first, now] = [doc.ranks[0], doc.ranks[at]];
    const move = now === null ? '' : first === null ? 'new' : first === now ? '=' : first > now ? `↑${first - now}` : `↓${now - first}`;
    const kind = move.startsWith('↑') || move === 'new' ? 'ex-up' : move.startsWith('↓') ? 'ex-down' : '';
    item.append(make('span', 'ex-rank', now ?? `> ${view.depth}`), make('span', `ex-move ${kind}`, move), make('span', 'ex-scrub-title', `${doc.grade > 0 ? '★ ' : ''}${doc.title || doc.text || doc.doc_id}`));
    item.title = doc.text;
    item.tabIndex = 0;
    for (const come of ['mouseenter', 'focus']) item.addEventListener(come, () => { marked = doc.doc_id; mark(); });
    for (const go of ['mouseleave', 'blur']) item.addEventListener(go, () => { marked = ''; mark(); });
    return item;
  }

  function mark() {
    for (const [id, {group}] of parts.lines) group.classList.toggle('ex-line-marked', id === marked);
    for (const item of parts.list.children) item.classList.toggle('ex-same', item.dataset.doc === marked);
  }

  const off = api.onChange(draw);
  draw();
  return () => { off(); stop(); root.remove(); };
}
