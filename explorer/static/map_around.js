// What stands around the points: the query, the tools, both frames, the legend. ``acts``: {zoom(by), reset(), chooseView(),
// drop(), fade(), listen(panel), count: a node}. Loaded before map.js.
function mapAround(map, canvas, acts) {
  const KEYS = 'Arrow keys move, plus and minus zoom, 0 shows all, Escape drops the choice';
  const {glyphs} = canvas;

  function heading() {
    const head = make('header', 'ex-query');
    const facts = make('p', 'ex-facts');
    const pairs = [['gold', map.view.gold.length ? `${mapNumber(map.view.gold.length)} relevant` : 'unjudged'], ['drawn', `${mapNumber(map.view.drawn)} of ${mapNumber(map.view.documents)} documents`]];
    if (map.view.query.answers.length) pairs.unshift(['answer', map.view.query.answers.join(' · ')]);
    if (map.view.query.scope) pairs.push(['searched within', map.view.query.scope]);
    for (const [name, value] of pairs) {
      const fact = make('span', 'ex-fact');
      if (name === 'gold') term(fact, map.view.gold.length ? 'gold' : 'unjudged');
      fact.append(make('b', '', name), make('span', '', value));
      facts.append(fact);
    }
    head.append(make('h2', '', map.view.query.text), facts);
    if (map.view.moves) head.append(make('p', 'ex-note', map.view.moves));
    return head;
  }

  function tools() {
    const box = make('div', 'ex-tools');
    box.setAttribute('role', 'toolbar');
    box.setAttribute('aria-label', 'map');
    const modes = [['choose', 'Drag chooses'], ['move', 'Drag moves']].map(([name, text]) => {
      const mode = button(text, () => { map.drags = name; modes.forEach((other) => press(other, other === mode)); map.panels.forEach((one) => { one.frame.dataset.drags = map.drags; }); });
      press(mode, map.drags === name);
      return mode;
    });
    const actions = [['−', 'zoom out', () => acts.zoom(1 / 1.4)], ['+', 'zoom in', () => acts.zoom(1.4)], ['0', 'show all', acts.reset],
      ['Choose what is in view', '', acts.chooseView], ['Drop the choice', '', acts.drop]];
    box.append(...modes, ...actions.map(([text, label, act]) => {
      const node = button(text, act);
      if (label) { node.setAttribute('aria-label', label); node.title = label; }
      return node;
    }), acts.count);
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
    frame.dataset.drags = map.drags;
    frame.setAttribute('role', 'application');
    frame.setAttribute('aria-roledescription', 'map');
    frame.setAttribute('aria-label', `${one.role}, ${one.spec}: ${mapNumber(map.points.n)} documents. ${KEYS}. The documents listed below can be walked through there.`);
    const [base, over] = [make('canvas'), make('canvas')];
    const tip = make('div', 'ex-map-tip');
    tip.hidden = true;
    frame.append(base, over, tip);
    const said = make('p', 'ex-note', one.said);
    if (one.said.includes('variance')) term(said, 'variance', map.view.teach);
    box.append(head, frame, said);
    const found = {...one, place, box, frame, base, over, tip, xy: map.points.xy[place], top: new Map(one.top), w: 0, h: 0};
    acts.listen(found);
    return found;
  }

  function legend() {
    const box = make('div', 'ex-map-legend');
    const marks = [['query', 'the query', (c) => glyphs.star(c, 9, 9)], ['gold', 'gold: judged relevant', (c) => glyphs.diamond(c, 9, 9)],
      ['ring', `top ${map.view.k} of the system`, (c) => glyphs.ring(c, 9, 9, 6, canvas.colour('accent'))],
      ['line', 'from the query to its gold', (c) => glyphs.line(c, 1, 9, 17, 9, canvas.colour('gold'))],
      ['trail', 'where it stood before', (c) => glyphs.trail(c, 3, 9, 17, 9)]];
    for (const [, text, glyph] of marks) {
      const entry = make('span', 'ex-map-entry');
      entry.append(canvas.little(glyph), make('span', '', text));
      box.append(entry);
    }
    canvas.points.forget();
    map.view.kinds.forEach((name, kind) => {
      const entry = button('', () => {
        map.only = map.only === kind ? null : kind;
        box.querySelectorAll('.ex-chip').forEach((other, n) => press(other, n === map.only));
        acts.fade();
      });
      press(entry, false);
      entry.title = 'let these stand out';
      entry.append(canvas.little((c) => canvas.points.shape(c, kind, 9, 9, 5)), make('span', '', name || 'no group'));
      box.append(entry);
    });
    return box;
  }

  return {heading, tools, panel, legend};
}

function mapNumber(value) {
  return value.toLocaleString('en');
}
