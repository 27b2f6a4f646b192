// Which documents are chosen, and which stand out. ``list`` shows them, ``ask`` tells the page. Loaded before map.js.
function mapChoice(map, canvas, list, ask) {
  function choose() {
    map.choice = null;
    ask('choose', chosenPlaces(map.points).map((place) => map.points.rows[place]));
    fade();
    list.chosen();
  }

  function toggle(place) {
    map.points.mask[place] ^= 1;
    choose();
  }

  function drop() {
    map.points.mask.fill(0);
    choose();
    list.fill();
  }

  function chooseWhere(inside, keep) {
    for (let n = 0; n < map.points.n; n++) map.points.mask[n] = Number((keep && map.points.mask[n]) || inside(n));
    choose();
  }

  function chooseView() {
    chooseWhere((n) => map.panels.some((one) => { const [x, y] = canvas.at(one, n); return x >= 0 && y >= 0 && x <= one.w && y <= one.h; }), false);
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
    const any = map.points.mask.includes(1);
    for (let n = 0; n < map.points.n; n++) map.points.faint[n] = Number((map.only !== null && map.points.of[n] !== map.only) || (map.points.searched && !map.points.searched[n]) || (any && !map.points.mask[n]));
    canvas.paint(true);
  }

  return {choose, toggle, drop, chooseWhere, chooseView, enclosed, fade};
}

function chosenPlaces(points, most = points.n) {
  const places = [];
  for (let n = 0; n < points.n && places.length < most; n++) if (points.mask[n]) places.push(n);
  return places;
}
