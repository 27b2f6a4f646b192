// All runs as a table, the newest first; a press on a name watches it, deleting asks first.
// api: {get() -> {rows, watched, read_only}, onChange(callback) -> off, emit("submit", {action: "watch" | "delete", run})}.
function mountRuns(host, api) {
  const GLYPHS = {finished: '✓', running: '●', starting: '●', cancelled: '■', failed: '✕', orphaned: '?', bundled: '◆'};
  const MEANINGS = {
    finished: 'trained to its end',
    running: 'training now',
    starting: 'its process is being started',
    cancelled: 'stopped by a person; the best student so far is kept',
    failed: 'ended by an error',
    orphaned: 'its process is gone without a farewell; Resume goes on',
    bundled: 'comes with this collection and stays as it is',
  };
  const root = make('div', 'ex-runs');
  host.replaceChildren(root);
  let asking = '';

  function draw() {
    const view = api.get();
    const rows = (view && view.rows) || [];
    if (!rows.length) {
      root.replaceChildren();
      return;
    }
    const table = make('table');
    table.append(make('caption', '', 'Runs'), head());
    const body = make('tbody');
    for (const row of rows) body.append(line(row, view));
    table.append(body);
    const focused = root.contains(document.activeElement) ? document.activeElement.dataset.key : '';
    root.replaceChildren(table);
    if (focused) root.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({preventScroll: true});
  }

  function head() {
    const row = make('tr');
    const names = [
      ['run', ''],
      ['state', ''],
      ['dev', 'the dev measure of the base, and of the best student: dev chose it, so it flatters'],
      ['held out', 'what may be said of the student on queries that neither trained nor chose it'],
      ['when', 'when its state changed last'],
      ['', ''],
    ];
    for (const [name, title] of names) {
      const cell = make(name ? 'th' : 'td', '', name);
      if (name) cell.scope = 'col';
      cell.title = title;
      if (name === 'dev') term(cell, 'dev curve');
      if (name === 'held out') term(cell, 'held out');
      row.append(cell);
    }
    const part = make('thead');
    part.append(row);
    return part;
  }

  function line(row, view) {
    const tr = make('tr', row.run === view.watched ? 'ex-watched' : '');
    if (asking === row.run) {
      tr.append(confirmation(row));
      return tr;
    }
    const name = make('th');
    name.scope = 'row';
    const watch = make('button', 'ex-run-name', row.run);
    watch.type = 'button';
    watch.dataset.key = `watch ${row.run}`;
    if (row.run === view.watched) watch.setAttribute('aria-current', 'true');
    watch.addEventListener('click', () => api.emit('submit', {action: 'watch', run: row.run}));
    name.append(watch, make('span', 'ex-note', `${row.method} · ${row.student}${row.here ? '' : ` · ${row.collection}`}`));
    const state = make('td');
    const tag = make('span', `ex-state ex-state-${row.state}`, `${GLYPHS[row.state] || ''} ${row.state}`);
    tag.title = row.error || MEANINGS[row.state] || '';
    state.append(tag);
    const verdict = {better: '▲ better', worse: '▼ worse', 'no difference shown': '≈ no difference'}[row.verdict] || '–';
    const kind = {better: 'ex-up', worse: 'ex-down'}[row.verdict] || '';
    tr.append(name, state, make('td', 'ex-figure', row.dev_label || '–'), make('td', `ex-run-verdict ${kind}`, verdict), make('td', 'ex-figure', row.time ? age(row.time) : '–'), tools(row, view));
    return tr;
  }

  function tools(row, view) {
    const cell = make('td', 'ex-run-tools');
    if (!row.deletable || view.read_only) return cell;
    const button = make('button', 'ex-plain', 'Delete');
    button.type = 'button';
    button.dataset.key = `delete ${row.run}`;
    button.setAttribute('aria-label', `Delete the run ${row.run}`);
    button.addEventListener('click', () => { asking = row.run; draw(); root.querySelector('.ex-keep')?.focus(); });
    cell.append(button);
    return cell;
  }

  function confirmation(row) {
    const cell = make('td', 'ex-confirm');
    cell.colSpan = 6;
    const yes = make('button', 'ex-danger', 'Delete');
    const no = make('button', 'ex-plain ex-keep', 'Keep');
    yes.type = no.type = 'button';
    const leave = () => { asking = ''; draw(); root.querySelector(`[data-key="${CSS.escape(`delete ${row.run}`)}"]`)?.focus(); };
    yes.addEventListener('click', () => { asking = ''; draw(); api.emit('submit', {action: 'delete', run: row.run}); });
    no.addEventListener('click', leave);
    cell.addEventListener('keydown', (event) => { if (event.key === 'Escape') leave(); });
    const box = make('div');
    box.setAttribute('role', 'alertdialog');
    box.setAttribute('aria-label', `Delete ${row.run}?`);
    box.append(make('span', '', `Delete ${row.run} with its student and its history? This cannot be undone.`), yes, no);
    cell.append(box);
    return cell;
  }

  function age(time) {
    const seconds = Math.max(0, Date.now() / 1000 - time);
    if (seconds < 60) return 'just now';
    if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
    if (seconds < 86400) return `${Math.round(seconds / 3600)} h ago`;
    return `${Math.round(seconds / 86400)} d ago`;
  }

  const off = api.onChange(draw);
  draw();
  return () => { off(); root.remove(); };
}
