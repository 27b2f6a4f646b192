// The mouse, the keyboard and the pointed document of both maps. ``canvas``, ``choice`` and ``list`` are those of map.js,
// which loads this; ``ask`` asks the page what is to be said of a document.
function mapPointing(map, canvas, choice, list, ask) {
  let asked = 0; // timer of a question that waits for the mouse to rest
  let rest = [0, 0]; // where the mouse was last, on the screen

  function point(place, one) {
    if (place === map.pointed && one === map.hovered) return;
    [map.pointed, map.hovered] = [place, one];
    const row = place >= 0 ? map.points.rows[place] : -1;
    list.pointedAt(place);
    clearTimeout(asked);
    if (place >= 0 && !map.told.has(row)) asked = setTimeout(() => ask('point', [row]), 90);
    showTip();
    canvas.paint(false);
  }

  // A document selected elsewhere: pointed at in both maps.
  function follow(chosen) {
    const place = map.panels.length && chosen ? map.points.placeOf.get(chosen.row) ?? -1 : -1;
    if (map.panels.length && place !== map.pointed) point(place, null);
  }

  // A page that scrolls under a resting mouse also tells of moves: they must not undo what the keyboard points at.
  function travelled(event) {
    const moved = event.screenX !== rest[0] || event.screenY !== rest[1];
    rest = [event.screenX, event.screenY];
    return moved;
  }

  function showTip() {
    for (const one of map.panels) one.tip.hidden = one !== map.hovered || map.pointed < 0;
    if (!map.hovered || map.pointed < 0) return;
    const [doc, tip] = [map.told.get(map.points.rows[map.pointed]), map.hovered.tip];
    if (!doc) tip.replaceChildren(make('span', 'ex-note', 'Reading …'));
    else {
      const grade = doc.grade > 0 ? `◆ gold ${doc.grade}` : doc.grade === 0 ? '○ useless' : '';
      tip.replaceChildren(make('b', '', doc.title || doc.doc_id), make('span', 'ex-note', [doc.title && doc.doc_id, doc.group, grade].filter(Boolean).join(' · ')), make('span', 'ex-text', doc.text),
        make('span', 'ex-map-number', `before ${mapStanding(doc.systems[0])}  →  after ${mapStanding(doc.systems[1])}`));
    }
    const [x, y] = canvas.at(map.hovered, map.pointed);
    tip.style.left = `${Math.max(4, Math.min(map.hovered.w - tip.offsetWidth - 4, x + 16))}px`;
    tip.style.top = `${y + 20 + tip.offsetHeight > map.hovered.h ? Math.max(4, y - tip.offsetHeight - 16) : y + 16}px`;
  }

  function listen(one) {
    const where = (event) => { const box = one.frame.getBoundingClientRect(); return [event.clientX - box.left - 1, event.clientY - box.top - 1]; };
    let drag = null; // {from, moves, moved}
    one.frame.addEventListener('pointerdown', (event) => {
      if (event.button > 1) return;
      drag = {from: where(event), moves: map.drags === 'move' || event.button === 1, moved: false};
      one.frame.setPointerCapture(event.pointerId);
      one.frame.focus({preventScroll: true});
      event.preventDefault();
    });
    one.frame.addEventListener('pointermove', (event) => {
      const [x, y] = where(event);
      if (!drag) { if (travelled(event)) point(canvas.nearest(one, x, y), one); return; }
      if (!drag.moved && Math.hypot(x - drag.from[0], y - drag.from[1]) < 4) return;
      if (!drag.moved && !drag.moves) map.lasso = {panel: one, path: [drag.from]};
      drag.moved = true;
      if (drag.moves) { canvas.move(one, x - drag.from[0], y - drag.from[1]); drag.from = [x, y]; }
      else { map.lasso.path.push([x, y]); point(-1, null); canvas.paint(false); }
    });
    one.frame.addEventListener('pointerup', (event) => {
      if (!drag) return;
      const [place, path] = [canvas.nearest(one, ...where(event)), map.lasso && map.lasso.path];
      if (!drag.moved && event.shiftKey && place >= 0) choice.toggle(place);
      else if (!drag.moved && (place >= 0 || map.points.mask.includes(1))) choice.chooseWhere((n) => n === place, false);
      else if (path) choice.chooseWhere((n) => choice.enclosed(path, ...canvas.at(one, n)), event.shiftKey);
      [drag, map.lasso] = [null, null];
      canvas.paint(false);
    });
    one.frame.addEventListener('pointercancel', () => { [drag, map.lasso] = [null, null]; canvas.paint(false); });
    one.frame.addEventListener('pointerleave', (event) => { if (!drag && travelled(event)) point(-1, null); });
    one.frame.addEventListener('wheel', (event) => { event.preventDefault(); canvas.zoom(Math.exp(-event.deltaY / 500), one, ...where(event)); }, {passive: false});
    one.frame.addEventListener('keydown', (event) => {
      const steps = {ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60]};
      const acts = {'+': () => canvas.zoom(1.4), '=': () => canvas.zoom(1.4), '-': () => canvas.zoom(1 / 1.4), 0: canvas.reset, Escape: choice.drop};
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key in steps) canvas.move(one, ...steps[event.key]);
      else if (event.key in acts) acts[event.key]();
      else return;
      event.preventDefault();
    });
  }

  return {point, follow, travelled, showTip, listen, dispose: () => clearTimeout(asked)};
}
