// Documents on a plane under two systems, side by side: one camera, one choice, one pointed document for both.
// No framework; texts reach the page through textContent alone. Points are drawn on a canvas; what the
// query is about lies on a second canvas above them, so that pointing repaints no points.
// api: {get() -> view, onChange(callback) -> off, emit("submit", {what: "point" | "choose", rows}), onSelect?(callback) -> off}.
// Returns its disposer.
// What it asks is answered by the page's event "explorer-map-told": {key, told} or {key, chosen}.
function mountMap(host, api) {
  const SIDE = 65535; // the square both maps share, in steps of a coordinate
  const REACH = 12; // pixels within which a point is pointed at
  const TRAILS = 200; // chosen documents whose trails are drawn
  const KEYS = 'Arrow keys move, plus and minus zoom, 0 shows all, Escape drops the choice';
  const root = make('div', 'ex-map');
  host.replaceChildren(root);
  let view = null;
  let points = null; // {n, rows, of, placeOf, mask, faint, gold, ringed}
  let panels = [];
  let camera = {x: SIDE / 2, y: SIDE / 2, zoom: 1};
  let pointed = -1; // place of a document among the drawn ones
  let hovered = null; // the panel whose pointer points
  let told = new Map(); // row -> what is said of it
  let choice = null; // the answer to our last choice
  let only = null; // the kind that stands out
  let drags = 'choose';
  let lasso = null; // {panel, path} in pixels
  let asked = 0; // timer of a question that waits for the mouse to rest
  let questions = {}; // what is to be asked -> rows
  let waiting = 0; // timer of the question asked
  let rest = [0, 0]; // where the mouse was last, on the screen
  let frame = 0;
  let stale = {base: false, over: false};
  let stamps = null; // of the kinds, at one size
  let parts = {};

  function draw() {
    const value = api.get();
    if (!value || !value.panels) return say(value);
    const before = points;
    view = value;
    points = unpack(view);
    if (before && before.n === points.n && before.rows.every((row, n) => row === points.rows[n])) points.mask = before.mask;
    told = new Map(view.listed.map((doc) => [doc.row, doc]));
    [pointed, hovered, lasso, choice, only] = [-1, null, null, null, null];
    panels = view.panels.map(panel);
    const pair = make('div', 'ex-map-pair');
    pair.append(...panels.map((one) => one.box));
    parts = {list: make('div', 'ex-map-list'), count: make('span', 'ex-note')};
    parts.count.setAttribute('role', 'status');
    root.replaceChildren(heading(), tools(), pair, legend(), shelf());
    panels.forEach((one) => sizes.observe(one.frame));
    if (points.mask.includes(1)) choose();
    fade();
    fill();
  }

  function say(value) {
    const box = make('div', value && value.error ? 'ex-empty ex-error' : 'ex-empty', (value && value.message) || 'Projecting …');
    box.setAttribute('role', value && value.error ? 'alert' : 'status');
    panels = [];
    root.replaceChildren(box);
  }

  // One question at a time, a choice before a hint; what nobody answers is given up after a while.
  function ask(what, rows) {
    questions[what] = rows;
    if (!waiting) send();
  }

  function send() {
    const what = ['choose', 'point'].find((name) => questions[name]);
    waiting = what ? setTimeout(send, 5000) : 0;
    if (!what) return;
    const rows = questions[what];
    delete questions[what];
    api.emit('submit', {what, rows});
  }

  function answered(event) {
    const value = event.detail;
    clearTimeout(waiting);
    send();
    if (!view || !panels.length || value.key !== view.key) return; // of a query or system that is no longer shown
    for (const doc of value.told || value.chosen.documents) told.set(doc.row, doc);
    if (value.chosen) {
      choice = value.chosen;
      fill();
    }
    showTip();
  }

  function unpack(value) {
    const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).buffer;
    const rows = new Uint32Array(bytes(value.rows));
    const n = rows.length;
    const some = (places) => { const found = new Uint8Array(n); for (const place of places) found[place] = 1; return found; };
    return {
      n, rows, of: new Uint8Array(bytes(value.of)), placeOf: new Map(Array.from(rows, (row, place) => [row, place])), mask: new Uint8Array(n),
      faint: new Uint8Array(n), gold: some(value.gold), searched: value.searched && some(value.searched),
      xy: value.panels.map((one) => new Uint16Array(bytes(one.points))),
    };
  }

  // --- the page around the maps

  function heading() {
    const head = make('header', 'ex-query');
    const facts = make('p', 'ex-facts');
    const pairs = [['gold', view.gold.length ? `${number(view.gold.length)} relevant` : 'unjudged'], ['drawn', `${number(view.drawn)} of ${number(view.documents)} documents`]];
    if (view.query.answers.length) pairs.unshift(['answer', view.query.answers.join(' · ')]);
    if (view.query.scope) pairs.push(['searched within', view.query.scope]);
    for (const [name, value] of pairs) {
      const fact = make('span', 'ex-fact');
      fact.append(make('b', '', name), make('span', '', value));
      facts.append(fact);
    }
    head.append(make('h2', '', view.query.text), facts);
    if (view.moves) head.append(make('p', 'ex-note', view.moves));
    return head;
  }

  function tools() {
    const box = make('div', 'ex-tools');
    box.setAttribute('role', 'toolbar');
    box.setAttribute('aria-label', 'map');
    const modes = [['choose', 'Drag chooses'], ['move', 'Drag moves']].map(([name, text]) => {
      const mode = button(text, () => { drags = name; modes.forEach((other) => press(other, other === mode)); panels.forEach((one) => { one.frame.dataset.drags = drags; }); });
      press(mode, drags === name);
      return mode;
    });
    const actions = [['−', 'zoom out', () => zoom(1 / 1.4)], ['+', 'zoom in', () => zoom(1.4)], ['0', 'show all', reset],
      ['Choose what is in view', '', chooseView], ['Drop the choice', '', drop]];
    box.append(...modes, ...actions.map(([text, label, act]) => {
      const node = button(text, act);
      if (label) { node.setAttribute('aria-label', label); node.title = label; }
      return node;
    }), parts.count);
    return box;
  }

  function button(text, act) {
    const node = make('button', 'ex-chip', text);
    node.type = 'button';
    node.addEventListener('click', act);
    return node;
  }

  function press(node, on) {
    node.setAttribute('aria-pressed', String(on));
  }

  function panel(one, place) {
    const box = make('section', `ex-map-panel ex-map-${one.role}`);
    const head = make('div', 'ex-column-head');
    head.append(make('p', 'ex-role', one.role), make('h3', '', one.spec));
    const frame = make('div', 'ex-map-frame');
    frame.tabIndex = 0;
    frame.dataset.drags = drags;
    frame.setAttribute('role', 'application');
    frame.setAttribute('aria-roledescription', 'map');
    frame.setAttribute('aria-label', `${one.role}, ${one.spec}: ${number(points.n)} documents. ${KEYS}. The documents listed below can be walked through there.`);
    const [base, over] = [make('canvas'), make('canvas')];
    const tip = make('div', 'ex-map-tip');
    tip.hidden = true;
    frame.append(base, over, tip);
    const said = make('p', 'ex-note', one.said);
    if (one.said.includes('variance')) said.title = view.teach.variance;
    box.append(head, frame, said);
    const found = {...one, place, box, frame, base, over, tip, xy: points.xy[place], top: new Map(one.top), w: 0, h: 0};
    listen(found);
    return found;
  }

  function legend() {
    const box = make('div', 'ex-map-legend');
    const glyphs = [['query', 'the query', (c) => star(c, 9, 9)], ['gold', 'gold: judged relevant', (c) => diamond(c, 9, 9)],
      ['ring', `top ${view.k} of the system`, (c) => ring(c, 9, 9, 6, colour('accent'))],
      ['line', 'from the query to its gold', (c) => line(c, 1, 9, 17, 9, colour('gold'))],
      ['trail', 'where it stood before', (c) => trail(c, 3, 9, 17, 9)]];
    for (const [, text, glyph] of glyphs) {
      const entry = make('span', 'ex-map-entry');
      entry.append(little(glyph), make('span', '', text));
      box.append(entry);
    }
    stamps = null;
    view.kinds.forEach((name, kind) => {
      const entry = button('', () => {
        only = only === kind ? null : kind;
        box.querySelectorAll('.ex-chip').forEach((other, n) => press(other, n === only));
        fade();
      });
      press(entry, false);
      entry.title = 'let these stand out';
      entry.append(little((c) => shape(c, kind, 9, 9, 5)), make('span', '', name || 'no group'));
      box.append(entry);
    });
    return box;
  }

  function little(glyph) {
    const canvas = make('canvas');
    const c = fit(canvas, 18, 18);
    glyph(c);
    canvas.setAttribute('aria-hidden', 'true');
    return canvas;
  }

  function shelf() {
    const box = make('section', 'ex-map-shelf');
    parts.title = make('h3');
    parts.list.tabIndex = 0;
    parts.list.addEventListener('keydown', onListKey);
    parts.list.addEventListener('click', (event) => { const item = event.target.closest('.ex-map-doc'); if (item) toggle(Number(item.dataset.place)); });
    parts.list.addEventListener('pointermove', (event) => { const item = event.target.closest('.ex-map-doc'); if (item && travelled(event)) point(Number(item.dataset.place), null); });
    parts.list.addEventListener('pointerleave', (event) => { if (travelled(event)) point(-1, null); });
    const columns = make('p', 'ex-map-columns');
    columns.setAttribute('aria-hidden', 'true');
    columns.append(make('span', '', 'document'), ...['before', 'after'].map((role) => { const name = make('span', '', `rank and cosine ${role}`); name.title = `${view.teach.rank}; ${view.teach.cosine}`; return name; }));
    box.append(parts.title, columns, parts.list);
    return box;
  }

  function fill() {
    const docs = choice && choice.count ? choice.documents : view.listed;
    const some = docs.length < (choice ? choice.count : 0) ? `, the first ${docs.length} listed` : '';
    parts.title.textContent = choice && choice.count ? `${many(choice.count, 'document')} chosen${some}` : `${view.gold.length ? 'Gold and top' : 'Top'} ${view.k} of both systems`;
    parts.list.setAttribute('aria-label', `${parts.title.textContent}. Up and down point at a document in both maps, Space chooses it.`);
    const none = make('p', 'ex-empty', 'No document is judged relevant, and neither system found one.');
    parts.list.replaceChildren(...(docs.length ? docs.map(item) : [none]));
    parts.list.setAttribute('role', docs.length ? 'listbox' : 'group');
    parts.list.removeAttribute('aria-multiselectable');
    if (docs.length) parts.list.setAttribute('aria-multiselectable', 'true');
    parts.list.removeAttribute('aria-activedescendant');
    tally();
  }

  function tally() {
    const count = chosenPlaces().length;
    parts.count.textContent = count ? `${many(count, 'document')} chosen${choice && choice.count === count ? ` · gold of ${many(choice.queries, 'query', 'queries')}` : ''}` : 'Drag around documents, or shift-click them';
  }

  function item(doc) {
    const place = points.placeOf.get(doc.row);
    const node = make('div', 'ex-map-doc');
    node.id = `ex-map-doc-${doc.row}`;
    node.dataset.place = place;
    node.setAttribute('role', 'option');
    node.setAttribute('aria-selected', String(Boolean(points.mask[place])));
    const what = make('span', 'ex-map-what');
    const head = make('span', 'ex-top');
    head.append(make('span', doc.grade > 0 ? 'ex-grade ex-relevant' : 'ex-grade', doc.grade > 0 ? `◆ gold ${doc.grade}` : ''), make('b', '', doc.title || doc.doc_id), make('span', 'ex-id', doc.title ? doc.doc_id : ''));
    what.append(head, make('span', 'ex-text', doc.text));
    node.append(what, ...doc.systems.map((one) => make('span', 'ex-map-number', standing(one))));
    return node;
  }

  function standing(one) {
    return one.cosine === null ? one.label : `${one.label} · ${one.cosine.toFixed(3)}`;
  }

  // --- drawing

  function paint(base) {
    stale.over = true;
    stale.base = stale.base || base;
    if (!frame) frame = requestAnimationFrame(() => {
      frame = 0;
      const all = stale.base;
      stale = {base: false, over: false};
      for (const one of panels) {
        if (!one.w) continue;
        if (all) paintPoints(one);
        paintMarks(one);
      }
    });
  }

  // Sizes a canvas to w x h pixels of the page; returns its context in those pixels.
  function fit(canvas, w, h) {
    const sharp = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(w * sharp) || canvas.height !== Math.round(h * sharp)) {
      canvas.width = Math.round(w * sharp);
      canvas.height = Math.round(h * sharp);
      canvas.style.width = `${w}px`;
      canvas.style.height = `${h}px`;
    }
    const c = canvas.getContext('2d');
    c.setTransform(sharp, 0, 0, sharp, 0, 0);
    c.clearRect(0, 0, w, h);
    return c;
  }

  function scale(one) {
    return Math.min(one.w, 1.25 * one.h) / SIDE * camera.zoom;
  }

  function toX(one, x) { return one.w / 2 + (x - camera.x) * scale(one); }
  function toY(one, y) { return one.h / 2 - (y - camera.y) * scale(one); }
  function at(one, place, from = one) { return [toX(one, from.xy[2 * place]), toY(one, from.xy[2 * place + 1])]; }
  function size() { return (points.n <= 400 ? 4 : points.n <= 3000 ? 3 : 2) * Math.min(2, camera.zoom ** 0.3); }

  // Points are stamped into the image's bytes: 20,000 of them cost milliseconds so, and a frame and more as canvas calls.
  function paintPoints(one) {
    const c = fit(one.base, one.w, one.h);
    const [width, height] = [one.base.width, one.base.height];
    if (!one.image || one.image.width !== width || one.image.height !== height) one.image = c.createImageData(width, height);
    const sharp = width / one.w;
    const radius = Math.round(size() * sharp * 4) / 4;
    if (!stamps || stamps.radius !== radius) stamps = makeStamps(radius);
    const [r, g, b] = pixel(colour('paper'));
    new Uint32Array(one.image.data.buffer).fill((255 << 24) | (b << 16) | (g << 8) | r);
    const k = scale(one) * sharp;
    const [left, top] = [width / 2 - camera.x * k - stamps.side / 2, height / 2 + camera.y * k - stamps.side / 2];
    const strong = points.n <= 400 ? 0.85 : points.n <= 3000 ? 0.6 : Math.min(0.75, 0.32 * camera.zoom ** 0.4);
    for (const [wanted, alpha] of [[1, strong * 0.22], [0, strong]]) {
      for (let n = 0; n < points.n; n++) {
        if (points.faint[n] !== wanted) continue;
        const [x, y] = [Math.round(left + one.xy[2 * n] * k), Math.round(top - one.xy[2 * n + 1] * k)];
        if (x >= 0 && y >= 0 && x + stamps.side <= width && y + stamps.side <= height) stamp(one.image, x, y, stamps.of[points.of[n]], alpha);
      }
    }
    c.putImageData(one.image, 0, 0);
  }

  function stamp(image, x, y, {rgb, cover}, alpha) {
    const data = image.data;
    let from = 0;
    for (let row = y; row < y + stamps.side; row++) {
      let to = 4 * (row * image.width + x);
      for (let n = 0; n < stamps.side; n++, to += 4) {
        const share = cover[from++] * alpha;
        if (!share) continue;
        data[to] += (rgb[0] - data[to]) * share;
        data[to + 1] += (rgb[1] - data[to + 1]) * share;
        data[to + 2] += (rgb[2] - data[to + 2]) * share;
      }
    }
  }

  // Each kind's form as shares of covered pixels, (side x side) in [0, 1], and its colour.
  function makeStamps(radius) {
    const side = 2 * Math.ceil(radius * 1.2);
    const of = (view.kinds.length ? view.kinds : ['']).map((_, kind) => {
      const canvas = make('canvas');
      [canvas.width, canvas.height] = [side, side];
      const c = canvas.getContext('2d', {willReadFrequently: true});
      shape(c, kind, side / 2, side / 2, radius);
      const bytes = c.getImageData(0, 0, side, side).data;
      return {rgb: pixel(kindColour(kind)), cover: Float32Array.from({length: side * side}, (_, n) => bytes[4 * n + 3] / 255)};
    });
    return {radius, side, of};
  }

  // Red, green and blue of any colour a style sheet may name.
  function pixel(text) {
    const c = make('canvas').getContext('2d', {willReadFrequently: true});
    c.fillStyle = text;
    c.fillRect(0, 0, 1, 1);
    return c.getImageData(0, 0, 1, 1).data;
  }

  // Kinds differ in form as well as in colour: disc, square, triangle up, triangle down, and again.
  function shape(c, kind, x, y, r) {
    c.fillStyle = kindColour(kind);
    c.beginPath();
    const form = kind % 4;
    if (form === 0) c.arc(x, y, r, 0, 2 * Math.PI);
    else if (form === 1) c.rect(x - 0.88 * r, y - 0.88 * r, 1.76 * r, 1.76 * r);
    else polygon(c, x, y, [0, 1, 2].map(() => 1.2 * r), form === 2 ? -90 : 90);
    c.fill();
  }

  function kindColour(kind) {
    if (view.kind === '' || (view.kind === 'split' && kind === 0)) return colour('soft');
    const dark = document.body.classList.contains('dark');
    return `oklch(${(dark ? 0.7 : 0.5) + 0.14 * (kind % 2)} 0.15 ${(245 + 150 * (kind - (view.kind === 'split' ? 1 : 0))) % 360})`;
  }

  function paintMarks(one) {
    const c = fit(one.over, one.w, one.h);
    const [first, radius] = [panels[0], size()];
    const [qx, qy] = [toX(one, one.query[0]), toY(one, one.query[1])];
    const marked = [...new Set([...view.gold, ...one.top.keys()])]; // what the query is about
    if (one !== first) {
      const chosen = chosenPlaces(TRAILS + 1);
      c.globalAlpha = chosen.length > 20 ? 0.35 : 0.7;
      for (const n of chosen.length <= TRAILS ? chosen : []) trail(c, ...at(one, n, first), ...at(one, n));
      c.globalAlpha = 1;
      for (const n of pointed >= 0 ? [...marked, pointed] : marked) trail(c, ...at(one, n, first), ...at(one, n));
      trail(c, toX(one, first.query[0]), toY(one, first.query[1]), qx, qy, colour('accent'));
    }
    for (const n of view.gold) line(c, qx, qy, ...at(one, n), colour('gold'));
    for (const [n, rank] of one.top) {
      const [x, y] = at(one, n);
      ring(c, x, y, radius + 4, colour('accent'));
      if (rank <= 3) label(c, rank, x + radius + 6, y - radius - 2);
    }
    star(c, qx, qy);
    for (const n of view.gold) diamond(c, ...at(one, n));
    if (pointed >= 0) { ring(c, ...at(one, pointed), radius + 8, colour('paper'), 5); ring(c, ...at(one, pointed), radius + 8, colour('ink'), 2.5); }
    if (lasso && lasso.panel === one) loop(c, lasso.path);
  }

  let colours = {};
  function colour(name) {
    colours[name] = colours[name] || getComputedStyle(root).getPropertyValue(`--ex-${name}`).trim();
    return colours[name];
  }

  // Corners around (x, y) at these distances, the first at ``turn`` degrees.
  function polygon(c, x, y, radii, turn = -90) {
    radii.forEach((r, n) => {
      const angle = (turn + 360 * n / radii.length) * Math.PI / 180;
      c.lineTo(x + r * Math.cos(angle), y + r * Math.sin(angle));
    });
    c.closePath();
  }

  function solid(c, x, y, radii, fill) {
    c.beginPath();
    polygon(c, x, y, radii);
    Object.assign(c, {fillStyle: fill, strokeStyle: colour('paper'), lineWidth: 3, lineJoin: 'round'});
    c.stroke();
    c.fill();
  }

  function star(c, x, y) { solid(c, x, y, Array.from({length: 10}, (_, n) => (n % 2 ? 3.6 : 9)), colour('ink')); }
  function diamond(c, x, y) { solid(c, x, y, [7.5, 5.5, 7.5, 5.5], colour('gold')); }

  function ring(c, x, y, r, stroke, width = 1.75) {
    Object.assign(c, {strokeStyle: stroke, lineWidth: width});
    c.beginPath();
    c.arc(x, y, r, 0, 2 * Math.PI);
    c.stroke();
  }

  function line(c, x, y, toX, toY, stroke) {
    Object.assign(c, {strokeStyle: stroke, lineWidth: 1.5});
    c.beginPath();
    c.moveTo(x, y);
    c.lineTo(toX, toY);
    c.stroke();
  }

  // From an open dot, where something stood before, to where it stands.
  function trail(c, x, y, toX, toY, stroke = colour('soft')) {
    if (Math.hypot(toX - x, toY - y) < 2) return;
    c.setLineDash([3, 3]);
    line(c, x, y, toX, toY, stroke);
    c.setLineDash([]);
    ring(c, x, y, 2.5, stroke, 1.25);
  }

  function label(c, text, x, y) {
    Object.assign(c, {font: '600 11px system-ui, sans-serif', strokeStyle: colour('paper'), lineWidth: 3, fillStyle: colour('accent')});
    c.strokeText(text, x, y);
    c.fillText(text, x, y);
  }

  function loop(c, path) {
    Object.assign(c, {strokeStyle: colour('accent'), lineWidth: 1.5, fillStyle: colour('accent')});
    c.beginPath();
    for (const [x, y] of path) c.lineTo(x, y);
    c.closePath();
    c.stroke();
    c.globalAlpha = 0.08;
    c.fill();
    c.globalAlpha = 1;
  }

  // --- camera, pointing, choosing

  function zoom(by, one = panels[0], x = one.w / 2, y = one.h / 2) {
    const [dataX, dataY] = [camera.x + (x - one.w / 2) / scale(one), camera.y - (y - one.h / 2) / scale(one)];
    camera.zoom = Math.max(0.5, Math.min(200, camera.zoom * by));
    camera.x = dataX - (x - one.w / 2) / scale(one);
    camera.y = dataY + (y - one.h / 2) / scale(one);
    paint(true);
  }

  function move(one, dx, dy) {
    camera.x -= dx / scale(one);
    camera.y += dy / scale(one);
    paint(true);
  }

  function reset() {
    camera = {x: SIDE / 2, y: SIDE / 2, zoom: 1};
    paint(true);
  }

  // The nearest document within reach; what the query is about goes before its neighbours.
  function nearest(one, x, y) {
    let [best, least] = [-1, REACH * REACH];
    for (let n = 0; n < points.n; n++) {
      const [px, py] = at(one, n);
      const d = ((px - x) ** 2 + (py - y) ** 2) / (points.gold[n] || one.top.has(n) ? 4 : 1);
      if (d < least) [best, least] = [n, d];
    }
    return best;
  }

  function point(place, one) {
    if (place === pointed && one === hovered) return;
    [pointed, hovered] = [place, one];
    const row = place >= 0 ? points.rows[place] : -1;
    parts.list.querySelectorAll('.ex-map-doc').forEach((node) => node.classList.toggle('ex-same', Number(node.dataset.place) === place));
    clearTimeout(asked);
    if (place >= 0 && !told.has(row)) asked = setTimeout(() => ask('point', [row]), 90);
    showTip();
    paint(false);
  }

  // A document selected elsewhere: pointed at in both maps.
  function follow(chosen) {
    const place = panels.length && chosen ? points.placeOf.get(chosen.row) ?? -1 : -1;
    if (panels.length && place !== pointed) point(place, null);
  }

  // A page that scrolls under a resting mouse also tells of moves: they must not undo what the keyboard points at.
  function travelled(event) {
    const moved = event.screenX !== rest[0] || event.screenY !== rest[1];
    rest = [event.screenX, event.screenY];
    return moved;
  }

  function showTip() {
    for (const one of panels) one.tip.hidden = one !== hovered || pointed < 0;
    if (!hovered || pointed < 0) return;
    const [doc, tip] = [told.get(points.rows[pointed]), hovered.tip];
    if (!doc) tip.replaceChildren(make('span', 'ex-note', 'Reading …'));
    else {
      const grade = doc.grade > 0 ? `◆ gold ${doc.grade}` : doc.grade === 0 ? '○ useless' : '';
      tip.replaceChildren(make('b', '', doc.title || doc.doc_id), make('span', 'ex-note', [doc.title && doc.doc_id, doc.group, grade].filter(Boolean).join(' · ')), make('span', 'ex-text', doc.text),
        make('span', 'ex-map-number', `before ${standing(doc.systems[0])}  →  after ${standing(doc.systems[1])}`));
    }
    const [x, y] = at(hovered, pointed);
    tip.style.left = `${Math.max(4, Math.min(hovered.w - tip.offsetWidth - 4, x + 16))}px`;
    tip.style.top = `${y + 20 + tip.offsetHeight > hovered.h ? Math.max(4, y - tip.offsetHeight - 16) : y + 16}px`;
  }

  function chosenPlaces(most = points.n) {
    const places = [];
    for (let n = 0; n < points.n && places.length < most; n++) if (points.mask[n]) places.push(n);
    return places;
  }

  function choose() {
    choice = null;
    ask('choose', chosenPlaces().map((place) => points.rows[place]));
    fade();
    parts.list.querySelectorAll('.ex-map-doc').forEach((node) => node.setAttribute('aria-selected', String(Boolean(points.mask[Number(node.dataset.place)]))));
    tally();
  }

  function toggle(place) {
    points.mask[place] ^= 1;
    choose();
  }

  function drop() {
    points.mask.fill(0);
    choose();
    fill();
  }

  function chooseWhere(inside, keep) {
    for (let n = 0; n < points.n; n++) points.mask[n] = Number((keep && points.mask[n]) || inside(n));
    choose();
  }

  function chooseView() {
    chooseWhere((n) => panels.some((one) => { const [x, y] = at(one, n); return x >= 0 && y >= 0 && x <= one.w && y <= one.h; }), false);
  }

  function enclosed(path, x, y) {
    let inside = false;
    for (let n = 0, last = path.length - 1; n < path.length; last = n++) {
      const [[ax, ay], [bx, by]] = [path[n], path[last]];
      if ((ay > y) !== (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax) inside = !inside;
    }
    return inside;
  }

  // What does not stand out: not of the kind chosen in the legend, outside the query's scope, not chosen.
  function fade() {
    const any = points.mask.includes(1);
    for (let n = 0; n < points.n; n++) points.faint[n] = Number((only !== null && points.of[n] !== only) || (points.searched && !points.searched[n]) || (any && !points.mask[n]));
    paint(true);
  }

  function listen(one) {
    const where = (event) => { const box = one.frame.getBoundingClientRect(); return [event.clientX - box.left - 1, event.clientY - box.top - 1]; };
    let drag = null; // {from, moves, moved}
    one.frame.addEventListener('pointerdown', (event) => {
      if (event.button > 1) return;
      drag = {from: where(event), moves: drags === 'move' || event.button === 1, moved: false};
      one.frame.setPointerCapture(event.pointerId);
      one.frame.focus({preventScroll: true});
      event.preventDefault();
    });
    one.frame.addEventListener('pointermove', (event) => {
      const [x, y] = where(event);
      if (!drag) { if (travelled(event)) point(nearest(one, x, y), one); return; }
      if (!drag.moved && Math.hypot(x - drag.from[0], y - drag.from[1]) < 4) return;
      if (!drag.moved && !drag.moves) lasso = {panel: one, path: [drag.from]};
      drag.moved = true;
      if (drag.moves) { move(one, x - drag.from[0], y - drag.from[1]); drag.from = [x, y]; }
      else { lasso.path.push([x, y]); point(-1, null); paint(false); }
    });
    one.frame.addEventListener('pointerup', (event) => {
      if (!drag) return;
      const [place, path] = [nearest(one, ...where(event)), lasso && lasso.path];
      if (!drag.moved && event.shiftKey && place >= 0) toggle(place);
      else if (!drag.moved && (place >= 0 || points.mask.includes(1))) chooseWhere((n) => n === place, false);
      else if (path) chooseWhere((n) => enclosed(path, ...at(one, n)), event.shiftKey);
      [drag, lasso] = [null, null];
      paint(false);
    });
    one.frame.addEventListener('pointercancel', () => { [drag, lasso] = [null, null]; paint(false); });
    one.frame.addEventListener('pointerleave', (event) => { if (!drag && travelled(event)) point(-1, null); });
    one.frame.addEventListener('wheel', (event) => { event.preventDefault(); zoom(Math.exp(-event.deltaY / 500), one, ...where(event)); }, {passive: false});
    one.frame.addEventListener('keydown', (event) => {
      const steps = {ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60]};
      const acts = {'+': () => zoom(1.4), '=': () => zoom(1.4), '-': () => zoom(1 / 1.4), 0: reset, Escape: drop};
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key in steps) move(one, ...steps[event.key]);
      else if (event.key in acts) acts[event.key]();
      else return;
      event.preventDefault();
    });
  }

  function onListKey(event) {
    const nodes = [...parts.list.querySelectorAll('.ex-map-doc')];
    const now = nodes.findIndex((node) => node.id === parts.list.getAttribute('aria-activedescendant'));
    const steps = {ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: nodes.length - 1};
    if (event.key === ' ' && now >= 0) toggle(Number(nodes[now].dataset.place));
    else if (event.key === 'Escape') drop();
    else if (event.key in steps && nodes.length) {
      const node = nodes[Math.max(0, Math.min(nodes.length - 1, steps[event.key]))];
      parts.list.setAttribute('aria-activedescendant', node.id);
      node.scrollIntoView({block: 'nearest'});
      point(Number(node.dataset.place), null);
    } else return;
    event.preventDefault();
  }

  function number(value) { return value.toLocaleString('en'); }
  function many(count, one, more = `${one}s`) { return `${number(count)} ${count === 1 ? one : more}`; }

  const sizes = new ResizeObserver(() => {
    for (const one of panels) [one.w, one.h] = [one.frame.clientWidth, one.frame.clientHeight];
    if (panels.length) paint(true);
  });
  const themes = new MutationObserver(() => { [colours, stamps] = [{}, null]; if (panels.length) paint(true); });
  for (const node of [document.body, host.closest('.ex-cell')]) if (node) themes.observe(node, {attributes: true, attributeFilter: ['class']});
  document.addEventListener('explorer-map-told', answered);
  const off = api.onChange(draw);
  const unfollow = api.onSelect ? api.onSelect(follow) : () => {};
  draw();
  return () => { off(); unfollow(); sizes.disconnect(); themes.disconnect(); document.removeEventListener('explorer-map-told', answered); cancelAnimationFrame(frame); clearTimeout(asked); clearTimeout(waiting); root.remove(); };
}
