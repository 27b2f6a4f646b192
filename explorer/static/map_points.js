// The documents of a map as points. Loaded after map_glyphs.js; ``map`` is the state that map.js keeps.
const MAP_SIDE = 65535; // the square both maps share, in steps of a coordinate

function mapPoints(map, glyphs, colour) {
  let stamps = null; // of the kinds, at one size

  // Points are stamped into the image's bytes: 20,000 of them cost milliseconds so, and a frame and more as canvas calls.
  function paintPoints(one) {
    const c = fitCanvas(one.base, one.w, one.h);
    const [width, height] = [one.base.width, one.base.height];
    if (!one.image || one.image.width !== width || one.image.height !== height) one.image = c.createImageData(width, height);
    const sharp = width / one.w;
    const radius = Math.round(sizeOf(map) * sharp * 4) / 4;
    if (!stamps || stamps.radius !== radius) stamps = makeStamps(radius);
    const [r, g, b] = pixelOf(colour('paper'));
    new Uint32Array(one.image.data.buffer).fill((255 << 24) | (b << 16) | (g << 8) | r);
    const k = scaleOf(map, one) * sharp;
    const [left, top] = [width / 2 - map.camera.x * k - stamps.side / 2, height / 2 + map.camera.y * k - stamps.side / 2];
    const strong = map.points.n <= 400 ? 0.85 : map.points.n <= 3000 ? 0.6 : Math.min(0.75, 0.32 * map.camera.zoom ** 0.4);
    for (const [wanted, alpha] of [[1, strong * 0.22], [0, strong]]) {
      for (let n = 0; n < map.points.n; n++) {
        if (map.points.faint[n] !== wanted) continue;
        const [x, y] = [Math.round(left + one.xy[2 * n] * k), Math.round(top - one.xy[2 * n + 1] * k)];
        if (x >= 0 && y >= 0 && x + stamps.side <= width && y + stamps.side <= height) stamp(one.image, x, y, stamps.of[map.points.of[n]], alpha);
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
    const of = (map.view.kinds.length ? map.view.kinds : ['']).map((_, kind) => {
      const canvas = make('canvas');
      [canvas.width, canvas.height] = [side, side];
      const c = canvas.getContext('2d', {willReadFrequently: true});
      shape(c, kind, side / 2, side / 2, radius);
      const bytes = c.getImageData(0, 0, side, side).data;
      return {rgb: pixelOf(kindColour(kind)), cover: Float32Array.from({length: side * side}, (_, n) => bytes[4 * n + 3] / 255)};
    });
    return {radius, side, of};
  }

  // Kinds differ in form as well as in colour: disc, square, triangle up, triangle down, and again.
  function shape(c, kind, x, y, r) {
    c.fillStyle = kindColour(kind);
    c.beginPath();
    const form = kind % 4;
    if (form === 0) c.arc(x, y, r, 0, 2 * Math.PI);
    else if (form === 1) c.rect(x - 0.88 * r, y - 0.88 * r, 1.76 * r, 1.76 * r);
    else glyphs.polygon(c, x, y, [0, 1, 2].map(() => 1.2 * r), form === 2 ? -90 : 90);
    c.fill();
  }

  function kindColour(kind) {
    if (map.view.kind === '' || (map.view.kind === 'split' && kind === 0)) return colour('soft');
    const dark = document.body.classList.contains('dark');
    return `oklch(${(dark ? 0.7 : 0.5) + 0.14 * (kind % 2)} 0.15 ${(245 + 150 * (kind - (map.view.kind === 'split' ? 1 : 0))) % 360})`;
  }

  return {paint: paintPoints, shape, forget: () => { stamps = null; }};
}

// Pixels of one step of a coordinate in a panel.
function scaleOf(map, one) {
  return Math.min(one.w, 1.25 * one.h) / MAP_SIDE * map.camera.zoom;
}

// Radius of a point in pixels.
function sizeOf(map) {
  return (map.points.n <= 400 ? 4 : map.points.n <= 3000 ? 3 : 2) * Math.min(2, map.camera.zoom ** 0.3);
}
