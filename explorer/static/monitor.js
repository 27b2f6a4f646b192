// A training run with what can be done to it: its curve and its state, as run.js tells it, under buttons.
// api: {get() -> run detail with actions, onChange(callback) -> off, emit("submit", {action})}. Returns its disposer.
function mountMonitor(host, api) {
  const WAIT = 5000; // milliseconds until a button may be pressed again
  const NAMES = {start: 'Start', cancel: 'Cancel', resume: 'Resume'};
  const root = make('div', 'ex-monitor');
  const [buttons, curve, run] = [make('div', 'ex-tools'), make('div'), make('div')];
  buttons.setAttribute('role', 'toolbar');
  buttons.setAttribute('aria-label', 'run');
  root.append(buttons, curve, run);
  host.replaceChildren(root);
  let offered = ''; // the actions whose buttons stand there

  function draw() {
    const view = api.get() || {};
    const actions = view.actions || [];
    if (actions.join() !== offered) {
      const focused = buttons.contains(document.activeElement);
      buttons.replaceChildren(...actions.map(button));
      if (focused && buttons.firstChild) buttons.firstChild.focus({preventScroll: true});
      offered = actions.join();
    }
    const figure = view.curve ? drawTraining(view) : null;
    curve.replaceChildren(...(figure ? [figure] : []));
  }

  function button(action) {
    const node = make('button', action === 'start' ? 'ex-play ex-start' : 'ex-play', NAMES[action]);
    node.type = 'button';
    node.addEventListener('click', () => {
      node.disabled = true; // a second Cancel would end the run at once
      setTimeout(() => { node.disabled = false; }, WAIT);
      api.emit('submit', {action});
    });
    return node;
  }

  const off = [mountRun(run, api), api.onChange(draw)];
  draw();
  return () => { off.forEach((step) => step()); root.remove(); };
}
