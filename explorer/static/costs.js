// What a query costs under each system, in milliseconds and in money. Needs answers_part.js; texts go through textContent.
// api: {get() -> view, onChange(callback) -> off}. Returns its disposer.
function mountCosts(host, api) {
  function fill(view) {
    if (view.working) return [working(view.working)];
    const money = view.rows.some((row) => row.per_thousand !== null);
    const names = [make('th', '', 'system'), term(make('th', '', 'p50 per query'), 'latency p50', view.teach), make('td'), term(make('th', '', 'p95'), 'latency p95', view.teach),
      term(make('th', '', 'against the slowest'), 'against the slowest', view.teach), term(make('th', '', 'queries per hour'), 'queries per hour', view.teach), term(make('th', '', '1,000 queries cost'), '1,000 queries cost', view.teach)];
    const grid = make('table', 'ex-an-costs');
    const head = make('tr');
    for (const cell of names) if (cell.tagName === 'TH') cell.scope = 'col';
    head.append(...names.slice(0, money ? 7 : 6));
    const [top, body] = [make('thead'), make('tbody')];
    top.append(head);
    body.append(...view.rows.map((row) => line(row, money)));
    grid.append(top, body);
    const wrap = make('div', 'ex-verdict');
    wrap.append(grid);
    const wrong = make('p', 'ex-note ex-notice', view.note);
    wrong.setAttribute('role', 'alert');
    return [wrap, ...(view.note ? [wrong] : []), make('p', 'ex-note', view.what)];
  }

  function working([stage, done, total]) {
    const box = make('div', 'ex-working');
    box.setAttribute('role', 'status');
    const bar = make('progress');
    bar.setAttribute('aria-label', 'progress');
    if (total > 1) { bar.max = total; bar.value = done - 1; }
    box.append(make('span', '', total > 1 ? `${stage} ${done} of ${total}` : `${stage} …`), bar);
    return box;
  }

  function line(row, money) {
    const tr = make('tr');
    const name = make('th');
    name.scope = 'row';
    name.append(make('span', 'ex-role', row.role), make('strong', '', row.spec));
    const bar = make('td', 'ex-an-share');
    const track = make('span', 'ex-track');
    const fillBar = make('span', 'ex-bar ex-level');
    fillBar.style.width = `${Math.max(0.5, 100 * row.share).toFixed(1)}%`;
    track.append(fillBar);
    bar.append(track);
    const ratio = row.ratio < 1.005 ? 'the slowest' : `${round(row.ratio)} times as fast`;
    const cells = [milliseconds(row.p50), bar, milliseconds(row.p95), ratio, Math.round(row.per_hour).toLocaleString('en')];
    if (money) cells.push(cash(row.per_thousand));
    tr.append(name, ...cells.map((cell) => (typeof cell === 'string' ? make('td', '', cell) : cell)));
    return tr;
  }

  function round(value) { return value.toLocaleString('en', {maximumSignificantDigits: value < 100 ? 2 : 3}); }
  function milliseconds(value) { return `${value.toLocaleString('en', {maximumFractionDigits: value < 100 ? 1 : 0})} ms`; }
  function cash(value) { return value.toLocaleString('en', {maximumSignificantDigits: 3}); }

  return mountAnswersPart(host, api, 'ex-an', (view) => view.rows || view.working, fill);
}
