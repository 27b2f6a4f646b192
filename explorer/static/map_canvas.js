// Both maps under one camera: what is drawn, when, and where a document stands on the screen. Points lie on a canvas; what
// the query is about lies on a second one above them, so that pointing repaints no points. Loaded after map_points.js.
function mapCanvas(map, root) {
  const REACH = 12; // pixels within which a point is pointed at
  const TRAILS = 200; // chosen documents whose trails are drawn
  const glyphs = mapGlyphs(colour);
  const points = mapPoints(map, glyphs, colour);
  let colours = {};
  let frame = 0;
  let stale = {base: false, over: false};

  function colour(name) {
    colours[name] = colours[name] || getComputedStyle(root).getPropertyValue(`--ex-${name}`).trim();
    return colours[name];
  }

  function forget() {
    colours = {};
    points.forget();
  }

  function paint(base) {
    stale.over = true;
    stale.base = stale.base || base;
    if (!frame) frame = requestAnimationFrame(() => {
      frame = 0;
      const all = stale.base;
      stale = {base: false, over: false};
      for (const one of map.panels) {
        if (!one.w) continue;
        if (all) points.paint(one);
        paintMarks(one);
      }
    });
  }

  function toX(one, x) { return one.w / 2 + (x - map.camera.x) * scaleOf(map, one); }
  function toY(one, y) { return one.h / 2 - (y - map.camera.y) * scaleOf(map, one); }
  function at(one, place, from = one) { return [toX(one, from.xy[2 * place]), toY(one, from.xy[2 * place + 1])]; }

  function paintMarks(one) {
    const c = fitCanvas(one.over, one.w, one.h);
    const [first, radius] = [map.panels[0], sizeOf(map)];
    const [qx, qy] = [toX(one, one.query[0]), toY(one, one.query[1])];
    const marked = [...new Set([...map.view.gold, ...one.top.keys()])]; // what the query is about
    if (one !== first) {
      const chosen = chosenPlaces(map.points, TRAILS + 1);
      c.globalAlpha = chosen.length > 20 ? 0.35 : 0.7;
      for (const n of chosen.length <= TRAILS ? chosen : []) glyphs.trail(c, ...at(one, n, first), ...at(one, n));
      c.globalAlpha = 1;
      for (const n of map.pointed >= 0 ? [...marked, map.pointed] : marked) glyphs.trail(c, ...at(one, n, first), ...at(one, n));
      glyphs.trail(c, toX(one, first.query[0]), toY(one, first.query[1]), qx, qy, colour('accent'));
    }
    for (const n of map.view.gold) glyphs.line(c, qx, qy, ...at(one, n), colour('gold'));
    for (const [n, rank] of one.top) {
      const [x, y] = at(one, n);
      glyphs.ring(c, x, y, radius + 4, colour('accent'));
      if (rank <= 3) glyphs.label(c, rank, x + radius + 6, y - radius - 2);
    }
    glyphs.star(c, qx, qy);
    for (const n of map.view.gold) glyphs.diamond(c, ...at(one, n));
    if (map.pointed >= 0) { glyphs.ring(c, ...at(one, map.pointed), radius + 8, colour('paper'), 5); glyphs.ring(c, ...at(one, map.pointed), radius + 8, colour('ink'), 2.5); }
    if (map.lasso && map.lasso.panel === one) glyphs.loop(c, map.lasso.path);
  }

  function zoom(by, one = map.panels[0], x = one.w / 2, y = one.h / 2) {
    const [dataX, dataY] = [map.camera.x + (x - one.w / 2) / scaleOf(map, one), map.camera.y - (y - one.h / 2) / scaleOf(map, one)];
    map.camera.zoom = Math.max(0.5, Math.min(200, map.camera.zoom * by));
    map.camera.x = dataX - (x - one.w / 2) / scaleOf(map, one);
    map.camera.y = dataY + (y - one.h / 2) / scaleOf(map, one);
    paint(true);
  }

  function move(one, dx, dy) {
    map.camera.x -= dx / scaleOf(map, one);
    map.camera.y += dy / scaleOf(map, one);
    paint(true);
  }

  function reset() {
    map.camera = {x: MAP_SIDE / 2, y: MAP_SIDE / 2, zoom: 1};
    paint(true);
  }

  // The nearest document within reach; what the query is about goes before its neighbours.
  function nearest(one, x, y) {
    let [best, least] = [-1, REACH * REACH];
    for (let n = 0; n < map.points.n; n++) {
      const [px, py] = at(one, n);
      const d = ((px - x) ** 2 + (py - y) ** 2) / (map.points.gold[n] || one.top.has(n) ? 4 : 1);
      if (d < least) [best, least] = [n, d];
    }
    return best;
  }

  // A small picture for the legend.
  function little(drawn) {
    const node = make('canvas');
    drawn(fitCanvas(node, 18, 18));
    node.setAttribute('aria-hidden', 'true');
    return node;
  }

  return {paint, at, zoom, move, reset, nearest, little, colour, glyphs, points, forget, dispose: () => cancelAnimationFrame(frame)};
}
