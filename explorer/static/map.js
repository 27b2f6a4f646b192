// Documents on a plane under two systems, side by side: one camera, one choice, one pointed document for both.
// No framework; texts reach the page through textContent alone. What it needs: NEEDS in views/scripts.py.
// api: {get() -> view, onChange(callback) -> off, emit("submit", {what: "point" | "choose", rows}), onSelect?(callback) -> off}.
// Returns its disposer.
// What it asks is answered by the page's event "explorer-map-told": {key, told} or {key, chosen}.
function mountMap(host, api) {
  const root = make('div', 'ex-map');
  host.replaceChildren(root);
  const map = {
    view: null,
    points: null, // {n, rows, of, placeOf, mask, faint, gold, searched, xy}
    panels: [],
    camera: {x: MAP_SIDE / 2, y: MAP_SIDE / 2, zoom: 1},
    pointed: -1, // place of a document among the drawn ones
    hovered: null, // the panel whose pointer points
    told: new Map(), // row -> what is said of it
    choice: null, // the answer to our last choice
    only: null, // the kind that stands out
    drags: 'choose',
    lasso: null, // {panel, path} in pixels
  };
  const canvas = mapCanvas(map, root);
  const list = mapList(map, {
    toggle: (place) => choice.toggle(place),
    drop: () => choice.drop(),
    point: (place, panel) => pointing.point(place, panel),
    travelled: (event) => pointing.travelled(event),
  });
  const choice = mapChoice(map, canvas, list, ask);
  const pointing = mapPointing(map, canvas, choice, list, ask);
  const around = mapAround(map, canvas, {...choice, zoom: canvas.zoom, reset: canvas.reset, listen: pointing.listen, count: list.count});
  let questions = {}; // what is to be asked -> rows
  let waiting = 0; // timer of the question asked

  function draw() {
    const value = api.get();
    if (!value || !value.panels) return say(value);
    const before = map.points;
    map.view = value;
    map.points = unpackMap(value);
    const same = before && before.n === map.points.n && before.rows.every((row, n) => row === map.points.rows[n]);
    if (same) map.points.mask = before.mask;
    map.told = new Map(value.listed.map((doc) => [doc.row, doc]));
    [map.pointed, map.hovered, map.lasso, map.choice, map.only] = [-1, null, null, null, null];
    map.panels = value.panels.map(around.panel);
    const pair = make('div', 'ex-map-pair');
    pair.append(...map.panels.map((one) => one.box));
    root.replaceChildren(around.heading(), around.tools(), pair, around.legend(), list.shelf());
    map.panels.forEach((one) => sizes.observe(one.frame));
    if (map.points.mask.includes(1)) choice.choose();
    choice.fade();
    list.fill();
  }

  function say(value) {
    const box = make('div', value && value.error ? 'ex-empty ex-error' : 'ex-empty', (value && value.message) || 'Projecting …');
    box.setAttribute('role', value && value.error ? 'alert' : 'status');
    map.panels = [];
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
    if (!map.view || !map.panels.length || value.key !== map.view.key) return; // of a query or system that is no longer shown
    for (const doc of value.told || value.chosen.documents) map.told.set(doc.row, doc);
    if (value.chosen) {
      map.choice = value.chosen;
      list.fill();
    }
    pointing.showTip();
  }

  const sizes = new ResizeObserver(() => {
    for (const one of map.panels) [one.w, one.h] = [one.frame.clientWidth, one.frame.clientHeight];
    if (map.panels.length) canvas.paint(true);
  });
  const themes = new MutationObserver(() => { canvas.forget(); if (map.panels.length) canvas.paint(true); });
  for (const node of [document.body, host.closest('.ex-cell')]) if (node) themes.observe(node, {attributes: true, attributeFilter: ['class']});
  document.addEventListener('explorer-map-told', answered);
  const off = api.onChange(draw);
  const unfollow = api.onSelect ? api.onSelect(pointing.follow) : () => {};
  draw();
  return () => {
    for (const end of [off, unfollow, canvas.dispose, pointing.dispose]) end();
    sizes.disconnect();
    themes.disconnect();
    document.removeEventListener('explorer-map-told', answered);
    clearTimeout(waiting);
    root.remove();
  };
}

// Numbers of a view, which come as base64 of their bytes.
function unpackMap(value) {
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
