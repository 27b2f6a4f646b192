// State of one training run: what it does now, what it learns from, what came of it.
// api: {get() -> run detail, onChange(callback) -> off}. Returns its disposer.
function mountRun(host, api) {
  const root = make('div', 'ex-run');
  host.replaceChildren(root);

  function draw() {
    const run = api.get();
    if (!run || !run.run) {
      root.replaceChildren(make('div', 'ex-empty', (run && run.message) || 'No run yet. Choose what should learn, then press Start.'));
      return;
    }
    const head = make('header', 'ex-run-head');
    head.append(make('span', `ex-state ex-state-${run.state}`, run.state), make('h2', '', run.run), make('span', 'ex-role', `method ${run.method} · teacher ${run.teacher} · student ${run.student} · ${run.collection}`));
    root.replaceChildren(head, ...working(run), ...failed(run), ...verdicts(run), facts(run), command(run));
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
      orphaned: 'The process of this run is gone. What it had scored and learned is kept: Resume goes on from there.',
      cancelled: run.trained ? 'Cancelled; the best student so far is kept.' : 'Cancelled before a student was trained; what was scored is kept. Resume goes on from there.',
      failed: run.error,
    };
    if (!texts[run.state]) return [];
    const box = make('p', 'ex-notice', texts[run.state]);
    if (run.state === 'failed') box.setAttribute('role', 'alert');
    return [box];
  }

  // What may be said of the student: on queries that neither trained nor chose it, and on the guard.
  function verdicts(run) {
    const result = run.result || {};
    const held = result.gate;
    const boxes = [];
    if (held) {
      const dev = held.split === 'dev';
      const note = dev ? 'dev queries, which also chose the student: they flatter it' : `${held.split} queries`;
      boxes.push(verdict(dev ? 'dev' : 'held out', `by ${run.measure} on ${held.queries} ${note}`, held));
    } else if (held === null) boxes.push(make('p', 'ex-notice', 'No held-out query is judged: nothing can be said about a gain.'));
    if (result.guard) boxes.push(verdict('guard', `by ${run.measure} on ${result.guard.queries} queries of ${result.guard.collection} (${result.guard.split})`, result.guard));
    return boxes;
  }

  function verdict(name, where, change) {
    const kind = {better: 'better', worse: 'worse'}[change.verdict] || 'open';
    const box = make('section', `ex-verdict ex-verdict-${kind} ${name === 'guard' ? 'ex-guard' : ''}`);
    const line = make('p', 'ex-verdict-line');
    const glyph = {better: '▲', worse: '▼', open: change.verdict === 'not held out' ? '' : '≈'}[kind];
    line.append(term(make('span', '', `${name}:`), name === 'dev' ? 'dev curve' : name), make('strong', '', `${glyph} ${change.verdict}`.trim()), make('span', 'ex-note', where));
    const table = make('table');
    const head = make('tr');
    const names = [make('th', '', 'before → after'), term(make('th', '', 'change'), 'change'), term(make('th', '', '95 % interval'), '95 % interval'), term(make('th', '', 'p'), 'p'), term(make('th', '', 'won / tied / lost'), 'better · same · worse')];
    head.append(make('td'), ...names);
    table.append(head, ...Object.entries(change.measures).map(([measure, row]) => measured(measure, row)));
    box.append(line, table);
    return box;
  }

  function measured(measure, row) {
    const cells = [
      `${row.mean_a.toFixed(3)} → ${row.mean_b.toFixed(3)}`,
      signed(row.delta),
      `${signed(row.ci95[0])} to ${signed(row.ci95[1])}`,
      row.p < 0.001 ? '< 0.001' : row.p.toFixed(3),
      `${row.wins} / ${row.ties} / ${row.losses}`,
    ];
    const line = make('tr');
    line.append(term(make('th', '', measure), measureTerm(measure)), ...cells.map((text) => make('td', '', text)));
    return line;
  }

  function signed(value) {
    return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
  }

  function counted(reasons, verb) {
    return Object.entries(reasons || {}).map(([why, n]) => `${verb}${n}: ${why}`);
  }

  function facts(run) {
    const list = make('dl', 'ex-numbers');
    const add = (name, value, note) => {
      const cell = make('div');
      cell.append(name, make('dd', '', value));
      if (note) cell.append(make('dd', 'ex-note', note));
      list.append(cell);
    };
    for (const [measure, [before, after]] of Object.entries(run.result ? run.result.dev : {})) {
      const note = run.result.best_step === 0 ? 'nothing beat the base: the student equals it' : `best at step ${run.result.best_step}; ${run.result.stopped}`;
      add(term(make('dt', '', `dev ${measure}`), 'dev curve'), `${before.toFixed(3)} → ${after.toFixed(3)}`, note);
    }
    if (run.examples) {
      const {examples, dropped, refused, overlap, unscored, unread, cut, by_definition: byDefinition, flattered} = run.examples;
      const notes = [...counted(dropped, 'left out '), ...counted(overlap, 'kept ')];
      if (unscored) notes.push(`${unscored} candidates got no score from the teacher`);
      if (unread) notes.push(`${unread} reference answers exceed the reader's window`);
      if (cut) notes.push(`${cut} documents were cut to fit the reader`);
      add(term(make('dt', '', 'examples'), 'examples'), String(examples), notes.join('; ') || 'none left out');
      const negatives = counted(refused, '');
      if (negatives.length) add(term(make('dt', '', 'negatives refused'), 'negatives refused'), String(Object.values(refused).reduce((a, b) => a + b, 0)), negatives.join('; '));
      const teacher = run.examples.teacher['nDCG@10'];
      if (byDefinition) add(term(make('dt', '', 'the teacher itself'), 'the teacher itself'), '–', 'judgements are the teacher: it ranks them first by definition');
      else if (teacher !== undefined) {
        const baseline = run.examples.baseline['nDCG@10'];
        const hope = teacher < baseline ? 'it ranks worse than the baseline: expect no gain, and the base to be kept' : 'a student can hardly beat it';
        add(term(make('dt', '', 'the teacher itself'), 'the teacher itself'), teacher.toFixed(3), `nDCG@10 of its order of the candidates, baseline ${baseline.toFixed(3)}; ${flattered ? 'judgements are part of it and flatter it; ' : ''}${hope}`);
      }
    }
    if (run.result) add(term(make('dt', '', 'training time'), 'training time'), `${run.result.seconds.toFixed(0)} s`, `${run.result.steps} steps`);
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
