// State of one training run: what it does now, what it learns from, what came of it.
// api: {get() -> run detail, onChange(callback) -> off}. Returns its disposer.
function mountRun(host, api) {
  const root = make('div', 'ex-run');
  host.replaceChildren(root);

  function draw() {
    const run = api.get();
    if (!run || !run.run) {
      root.replaceChildren(make('div', 'ex-empty', 'No run yet. Choose what should learn, then press Start.'));
      return;
    }
    const head = make('header', 'ex-run-head');
    head.append(make('span', `ex-state ex-state-${run.state}`, run.state), make('h3', '', run.run), make('span', 'ex-role', `${run.method} · ${run.student} · ${run.collection}`));
    root.replaceChildren(head, ...working(run), ...failed(run), facts(run), command(run));
  }

  function working(run) {
    if (!['starting', 'running'].includes(run.state)) return [];
    const now = run.now || {stage: 'starting', done: 0, total: 0};
    const step = now.event === 'step';
    const done = step ? now.step : now.done;
    const total = step ? now.of : now.total;
    const box = make('div', 'ex-working');
    const bar = make('progress');
    if (total > 1) { bar.max = total; bar.value = done; }
    bar.setAttribute('aria-label', 'progress');
    const text = step ? `training: step ${done} of ${total}, ${Math.round(now.seconds)} s` : total > 1 ? `${now.stage}: ${done} of ${total}` : now.stage;
    box.append(bar, make('span', '', text));
    return [box];
  }

  function failed(run) {
    const texts = {
      orphaned: 'The process of this run is gone. What it had scored and its last checkpoint are kept: Resume goes on from there.',
      cancelled: run.trained ? 'Cancelled; the best student so far is kept.' : 'Cancelled before a student was trained; what was scored is kept. Resume goes on from there.',
      failed: run.error,
    };
    if (!texts[run.state]) return [];
    const box = make('p', 'ex-notice', texts[run.state]);
    if (run.state === 'failed') box.setAttribute('role', 'alert');
    return [box];
  }

  function facts(run) {
    const list = make('dl', 'ex-numbers');
    const add = (name, value, note) => {
      const cell = make('div');
      cell.append(make('dt', '', name), make('dd', '', value));
      if (note) cell.append(make('dd', 'ex-note', note));
      list.append(cell);
    };
    for (const [measure, [before, after]] of Object.entries(run.result ? run.result.dev : {})) {
      const note = run.result.best_step === 0 ? 'nothing beat the base: the student equals it' : `best at step ${run.result.best_step}; ${run.result.stopped}`;
      add(`dev ${measure}`, `${before.toFixed(3)} → ${after.toFixed(3)}`, note);
    }
    if (run.examples) {
      const dropped = Object.entries(run.examples.dropped);
      add('examples', String(run.examples.examples), dropped.length ? dropped.map(([why, n]) => `left out ${n}: ${why}`).join('; ') : 'none left out');
      const teacher = run.examples.teacher['nDCG@10'];
      if (teacher !== undefined) {
        const baseline = run.examples.baseline['nDCG@10'];
        const verdict = teacher < baseline ? 'it ranks worse than the baseline: expect no gain, and the base to be kept' : 'a student can hardly beat it';
        add('the teacher itself', teacher.toFixed(3), `nDCG@10 of its order of the candidates, baseline ${baseline.toFixed(3)}; ${verdict}`);
      }
    }
    if (run.result) add('training time', `${run.result.seconds.toFixed(0)} s`, `${run.result.steps} steps`);
    return list;
  }

  function command(run) {
    const box = make('div', 'ex-command');
    box.append(make('span', 'ex-role', 'the same on the command line'), make('code', '', run.command));
    return box;
  }

  const off = api.onChange(draw);
  draw();
  return () => { off(); root.remove(); };
}
