// The natural pairs of method and student as cards: one press fills the form. Times are guesses and say from what.
// api: {get() -> {presets, chosen, current}, onChange(callback) -> off, emit("submit", {method, student})}. Returns its disposer.
function mountPresets(host, api) {
  const root = make('div', 'ex-presets');
  root.setAttribute('role', 'group');
  root.setAttribute('aria-label', 'presets');
  host.replaceChildren(root);

  function draw() {
    const view = api.get();
    if (!view || !view.presets) {
      root.replaceChildren(make('p', 'ex-note', 'Reading the collection …'));
      return;
    }
    const focused = root.contains(document.activeElement) ? document.activeElement.dataset.pair : '';
    root.replaceChildren(...view.presets.map((preset) => card(preset, view.chosen)));
    if (focused) root.querySelector(`[data-pair="${focused}"]`)?.focus({preventScroll: true});
  }

  function card(preset, chosen) {
    const button = make('button', 'ex-preset');
    button.type = 'button';
    button.dataset.pair = `${preset.method}-${preset.student}`;
    button.setAttribute('aria-pressed', String(chosen[0] === preset.method && chosen[1] === preset.student));
    const time = term(make('span', 'ex-preset-time', preset.time || 'unknown time'), 'time estimate');
    time.title = preset.why;
    const name = make('strong');
    name.append(make('span', '', preset.method), make('span', 'ex-dot', '·'), make('span', '', preset.student));
    button.append(name, make('span', 'ex-preset-what', preset.what), time);
    button.addEventListener('click', () => api.emit('submit', {method: preset.method, student: preset.student}));
    return button;
  }

  const off = api.onChange(draw);
  draw();
  return () => { off(); root.remove(); };
}
