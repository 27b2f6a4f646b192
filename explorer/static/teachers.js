// Teachers mixed live: a slider re-ranks and re-measures every query of a split. Needs mixing.js and curve.js.
// api: {get() -> view, onChange(callback) -> off}. Tells 'explorer-mixed' on the document after every change. Returns its disposer.
function mountTeachers(host, api) {
  const [RADIO, FUSION] = ['RADIO’s mix', 'Fusion'];
  const root = make('div', 'ex-teachers');
  host.replaceChildren(root);
  let [view, matrix, base, cells, curve, due] = [null, null, [], new Map(), null, 0];
  let mixes = {}; // name -> every query under it
  const moved = new Set(); // mixes whose slider was moved since the last frame
  const set = {lambda: 0.5, source: '', measure: 0, weights: {}};

  function draw() {
    view = api.get();
    if (!view || !view.queries) {
      const box = make('div', view && view.error ? 'ex-empty ex-error' : 'ex-empty', (view && view.message) || 'Measuring the split …');
      box.setAttribute('role', view && view.error ? 'alert' : 'status');
      root.replaceChildren(box);
      matrix = null;
      return;
    }
    matrix = teachersMatrix(view);
    base = matrix.baseline();
    const sources = view.teachers.filter((one) => one.kind === 'rationale').map((one) => one.name);
    if (!sources.includes(set.source)) set.source = sources.includes('rationale:given') ? 'rationale:given' : sources[0] || '';
    curve = sources.length ? makeCurve((lambda) => meansOf(matrix.radio(set.source, lambda), base).values, meansOf(base, base).values) : null;
    const head = make('header', 'ex-teachers-head');
    head.append(make('h2', '', `All ${view.queries.length.toLocaleString('en')} judged queries of ${view.split}`), make('p', 'ex-note', `Each slider re-ranks every query’s candidates (the first ${view.depth} of ${view.base} and what teachers scored) and measures them again, here in the browser.`));
    const board = make('div', 'ex-mixing');
    board.append(controls(sources), table(sources), ...(curve ? [curve.node] : []));
    root.replaceChildren(head, ...notice(), board);
    const alone = view.teachers.map((one) => [one.name, matrix.alone(one.name)]);
    const partial = [['', base], ...alone].map(([name, found]) => fill(name, meansOf(found, base))).filter(Boolean);
    root.querySelector('.ex-partial').textContent = partial.length ? `* of the queries it scored: ${partial.join(', ')} of ${view.queries.length}` : '';
    mixes = {};
    remix();
  }

  function notice() {
    if (!view.notice) return [];
    const box = make('section', 'ex-notice-box');
    const line = make('div', 'ex-command-line');
    const code = make('code', '', view.notice.command);
    const copy = make('button', 'ex-chip', 'Copy');
    copy.type = 'button';
    copy.addEventListener('click', () => {
      navigator.clipboard.writeText(view.notice.command).then(() => { copy.textContent = 'Copied'; }, () => getSelection().selectAllChildren(code));
    });
    line.append(code, copy);
    box.append(make('p', '', view.notice.text), make('p', 'ex-note', 'Run this in a terminal, then open this page again:'), line, make('p', 'ex-note', view.notice.rest));
    return [box];
  }

  function controls(sources) {
    const box = make('div', 'ex-controls');
    if (sources.length) box.append(radio(sources));
    box.append(fusion(sources));
    return box;
  }

  function radio(sources) {
    const group = fieldset(RADIO);
    const [row, input] = slider(term(make('span', '', 'λ'), 'lambda', view.teach), set.lambda, 'lambda', (value) => { set.lambda = value; });
    input.setAttribute('aria-label', 'lambda: share of the rationale against the retriever');
    if (sources.length > 1) group.append(choice('rationale', sources));
    group.append(row);
    return group;
  }

  function choice(name, sources) {
    const label = make('label', 'ex-choice', name);
    const select = make('select', 'ex-pick');
    for (const one of sources) select.append(Object.assign(make('option', '', one), {value: one, selected: one === set.source}));
    select.addEventListener('change', () => { set.source = select.value; draw(); });
    label.append(select);
    return label;
  }

  function fusion(sources) {
    const group = fieldset(FUSION);
    const usual = {utility: view.weights.utility ?? 0, rationale: view.weights['rationale:answer'] ?? 0, gold: 0};
    const utility = view.teachers.filter((one) => one.kind === 'utility').map((one) => one.name)[0];
    const parts = {...(utility && {utility}), ...(sources.length && {rationale: set.source}), gold: 'gold'};
    for (const [kind, name] of Object.entries(parts)) {
      set.weights[kind] ??= utility ? usual[kind] : Number(kind === 'rationale');
      const [row, input] = slider(term(make('span', '', name), 'fusion weight', view.teach), set.weights[kind], `weight-${kind}`, (value) => { set.weights[kind] = value; });
      input.setAttribute('aria-label', `weight of ${name} in the fusion`);
      group.append(row);
    }
    set.parts = parts;
    group.append(make('code', 'ex-spec'));
    return group;
  }

  function fieldset(name) {
    const group = make('fieldset', 'ex-fieldset');
    group.append(make('legend', '', name));
    return group;
  }

  function slider(name, value, id, changed) {
    const row = make('label', 'ex-slider');
    const input = make('input');
    Object.assign(input, {type: 'range', min: 0, max: 1, step: 0.01, value});
    input.dataset.slider = id;
    const shown = make('output', '', Number(value).toFixed(2));
    input.addEventListener('input', () => {
      shown.textContent = Number(input.value).toFixed(2);
      changed(Number(input.value));
      moved.add(id === 'lambda' ? RADIO : FUSION);
      if (!due) due = requestAnimationFrame(remix); // at most once per frame, however fast it is dragged
    });
    row.append(name, input, shown);
    return [row, input];
  }

  function table(sources) {
    const box = make('div', 'ex-wide');
    const made = make('table', 'ex-measures');
    const head = make('tr');
    head.append(make('th', '', 'order of the candidates'));
    view.measures.forEach((name, m) => {
      const cell = make('th');
      const button = term(make('button', 'ex-measure-choice', name), measureTerm(name));
      button.type = 'button';
      button.title = `${view.teach[name]}. Choose it for the curve.`;
      button.addEventListener('click', () => { set.measure = m; remix(); });
      cell.append(button);
      head.append(cell);
    });
    made.append(head);
    cells = new Map();
    const names = [[view.base, 'baseline', ''], ...view.teachers.map((one) => [one.name, one.name === 'gold' ? 'ceiling' : 'teacher', one.name === 'gold' ? view.teach.ceiling : `${one.unit}; ${one.origin}`])];
    if (sources.length) names.push([RADIO, 'mix', view.teach.lambda]);
    names.push([FUSION, 'mix', view.teach['fusion weight']]);
    for (const [name, kind, title] of names) made.append(line(name, kind, title));
    box.append(made, make('p', 'ex-note ex-partial'));
    return box;
  }

  function line(name, kind, title) {
    const row = make('tr', `ex-order-${kind}`);
    const label = make('th');
    label.scope = 'row';
    label.title = title;
    const small = make('small', '', kind);
    label.append(make('span', '', name), kind === 'ceiling' ? term(small, 'ceiling', view.teach) : small);
    row.append(label);
    cells.set(kind === 'baseline' ? '' : name, view.measures.map(() => {
      const cell = make('td');
      cell.append(make('b'), make('small'));
      term(cell.lastChild, 'change', view.teach);
      row.append(cell);
      return cell;
    }));
    return row;
  }

  function fill(name, found) {
    const partly = found.queries < view.queries.length;
    cells.get(name).forEach((cell, m) => {
      const change = found.changes[m];
      cell.firstChild.textContent = found.queries ? found.values[m].toFixed(3) + (partly ? '*' : '') : '–';
      cell.lastChild.textContent = !name || !found.queries ? '' : Math.abs(change) < 5e-4 ? '=' : `${change > 0 ? '▲' : '▼'} ${Math.abs(change).toFixed(3)}`;
      cell.lastChild.className = change > 5e-4 ? 'ex-up' : change < -5e-4 ? 'ex-down' : '';
      cell.dataset.value = found.values[m];
    });
    return partly ? `${name} ${found.queries}` : '';
  }

  function remix() {
    due = 0;
    if (!matrix) return;
    const kinds = Object.keys(set.parts);
    if (set.source && (moved.has(RADIO) || !mixes[RADIO])) mixes[RADIO] = matrix.radio(set.source, set.lambda);
    if (moved.has(FUSION) || !mixes[FUSION]) mixes[FUSION] = matrix.fusion(Object.values(set.parts), kinds.map((kind) => set.weights[kind]));
    moved.clear();
    for (const [name, found] of Object.entries(mixes)) fill(name, meansOf(found, base));
    root.querySelectorAll('.ex-measure-choice').forEach((button, m) => button.setAttribute('aria-pressed', String(m === set.measure)));
    root.querySelector('.ex-spec').textContent = spec();
    if (curve) curve.draw(view.measures[set.measure], set.measure, set.lambda, meansOf(mixes[RADIO], base).values[set.measure], view.base);
    tell();
  }

  // What a person writes to train on this fusion.
  function spec() {
    const specOf = (name) => view.teachers.find((one) => one.name === name).spec;
    const parts = Object.entries(set.parts).filter(([kind]) => set.weights[kind] > 0).map(([kind, name]) => `${specOf(name)}=${set.weights[kind]}`);
    return parts.length ? `--teacher fusion:${parts.join(',')}` : 'Every weight is 0: there is nothing to mix.';
  }

  // For whoever draws queries: each mix's value and order by query.
  function tell() {
    const {queries, starts, ids, key, base: whose} = view; // of this view, whenever it is asked
    const told = Object.entries(mixes).map(([name, found]) => ({
      name,
      values: found.map((row) => (row ? row.values[0] : null)),
      ranks: (query_id) => {
        const n = queries.indexOf(query_id);
        return n < 0 || !found[n] ? null : new Map(found[n].order.map((place, rank) => [ids[starts[n] + place], rank + 1]));
      },
    }));
    document.dispatchEvent(new CustomEvent('explorer-mixed', {detail: {key, base: whose, mixes: told}}));
  }

  const again = () => { if (matrix) remix(); };
  document.addEventListener('explorer-mix-wanted', again);
  const off = api.onChange(draw);
  draw();
  return () => { off(); document.removeEventListener('explorer-mix-wanted', again); cancelAnimationFrame(due); root.remove(); };
}
