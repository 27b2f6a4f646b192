// Marks of the map on a canvas; ``colour(name)`` is a colour of the style sheet. Loaded before map_canvas.js.
function mapGlyphs(colour) {
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

  return {polygon, star, diamond, ring, line, trail, label, loop};
}

// Sizes a canvas to w x h pixels of the page; returns its context in those pixels.
function fitCanvas(canvas, w, h) {
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

// Red, green and blue of any colour a style sheet may name.
function pixelOf(text) {
  const c = make('canvas').getContext('2d', {willReadFrequently: true});
  c.fillStyle = text;
  c.fillRect(0, 0, 1, 1);
  return c.getImageData(0, 0, 1, 1).data;
}
