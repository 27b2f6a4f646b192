// Rankings side by side. No framework; text of documents reaches the page through textContent alone.
// api: {get() -> view, onChange(callback) -> off, emit("select", {doc_id, column}), onSelect?(callback) -> off}. Returns its disposer.
function mountCompare(host, api) {
  const root = make('div', 'ex-compare');
  host.replaceChildren(root);
  let selected = null;
  let ribbons = null;
  let connected = true;
  let visited = null; // the card whose evidence was shown last

  function draw() {
    const view = api.get();
    if (ribbons) ribbons.dispose();
    ribbons = null;
    if (!view || !view.columns) {
      root.replaceChildren(message((view && view.message) || 'Choose a query, or type one.', view && view.error));
      return;
    }
    const highest = Math.max(0.1, ...view.columns.flatMap((c) => c.documents.map((d) => Math.abs(d.teacher_score ?? 0))));
    const scores = {...view.scores, highest};
    const grid = make('div', 'ex-columns');
    grid.style.setProperty('--columns', view.columns.length);
    grid.append(...view.columns.map((column) => drawColumn(column, scores)));
    root.replaceChildren(heading(view), ...hops(view), ...rationale(view), tools(view), grid, ...missing(view));
    mark();
    connect(grid);
  }

  function connect(grid) {
    if (ribbons) ribbons.dispose();
    ribbons = connected ? makeRibbons(grid) : null;
    grid.classList.toggle('ex-connected', connected);
  }

  function message(text, isError) {
    const box = make('div', isError ? 'ex-empty ex-error' : 'ex-empty', text);
    if (isError) box.setAttribute('role', 'alert');
    return box;
  }

  function heading(view) {
    const head = make('header', 'ex-query');
    head.append(make('h2', '', view.query.text));
    const facts = make('p', 'ex-facts');
    if (view.query.answers.length) facts.append(fact('answer', view.query.answers.join(' · ')));
    if (view.query.scope) facts.append(fact('searched within', view.query.scope));
    facts.append(term(fact('gold', view.gold.length ? `${view.gold.length} relevant` : 'unjudged'), view.gold.length ? 'gold' : 'unjudged'));
    head.append(facts);
    return head;
  }

  function fact(name, value) {
    const node = make('span', 'ex-fact');
    node.append(make('b', '', name), make('span', '', value));
    return node;
  }

  // The chain of evidence: every hop, and where each system has it.
  function hops(view) {
    if (!view.hops || view.hops.length < 2) return [];
    const list = make('ol', 'ex-chain');
    list.setAttribute('aria-label', 'chain of evidence');
    view.hops.forEach((hop, n) => {
      const item = make('li', 'ex-hop');
      const name = make('button', 'ex-hop-name');
      name.type = 'button';
      name.append(term(make('b', '', `hop ${n + 1}`), 'hop'), make('span', '', hop.title || hop.doc_id));
      name.title = hop.text;
      name.addEventListener('click', () => choose(hop.doc_id, true));
      item.append(name);
      for (const [place, rank] of hop.ranks.entries()) {
        const column = view.columns[place];
        const badge = make('span', `ex-hop-rank${rank ? '' : ' ex-hop-missing'}`, `${column.label || column.role} ${rank ? `#${rank}` : '✕'}`);
        badge.title = `${column.title}: ${rank ? `rank ${rank}` : 'not in view'}`;
        item.append(badge);
      }
      list.append(item);
    });
    return [list];
  }

  function tools(view) {
    const bar = make('div', 'ex-compare-tools');
    const toggle = make('button', 'ex-chip', 'Ribbons');
    toggle.type = 'button';
    toggle.setAttribute('aria-pressed', String(connected));
    toggle.addEventListener('click', () => {
      connected = !connected;
      toggle.setAttribute('aria-pressed', String(connected));
      connect(root.querySelector('.ex-columns'));
    });
    bar.append(toggle);
    for (const [kind, what] of [['up', 'up'], ['down', 'down'], ['new', 'new or lost']]) bar.append(make('span', `ex-key ex-key-${kind}`, what));
    if (view.columns.some((column) => column.documents.some((doc) => doc.evidence.length))) {
      const next = make('button', 'ex-chip', 'Next evidence');
      next.type = 'button';
      next.title = 'key e: the next place that states the answer or a step to it';
      next.addEventListener('click', evidence);
      bar.append(next);
    }
    return bar;
  }

  function evidence() {
    const cards = [...root.querySelectorAll('.ex-card')].filter((card) => card.querySelector('.ex-evidence'));
    if (!cards.length) return;
    visited = cards[(cards.indexOf(visited) + 1) % cards.length];
    choose(visited.dataset.doc, false);
    visited.focus({preventScroll: true});
    visited.querySelector('.ex-evidence').scrollIntoView({block: 'center', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth'});
  }

  function rationale(view) {
    if (!view.rationale) return [];
    const box = make('section', 'ex-rationale');
    box.setAttribute('aria-label', 'rationale');
    const head = make('p', 'ex-rationale-head');
    head.append(term(make('b', '', 'Rationale'), 'rationale'), make('span', '', view.rationale.source));
    const text = make('div', 'ex-rationale-text');
    text.append(...view.rationale.text.split('\n\n').map((sentence) => make('p', '', sentence)));
    const none = make('p', 'ex-note', 'No sentence makes the answer more likely: there is nothing to highlight.');
    box.append(head, view.rationale.text ? text : none);
    return [box];
  }

  function drawColumn(column, scores) {
    const section = make('section', `ex-column ex-${column.role}`);
    const head = make('div', 'ex-column-head');
    const line = make('p', 'ex-role-line');
    line.append(make('span', 'ex-role', column.label || column.role));
    if (column.role === 'teacher' && column.documents.length) {
      const unit = term(make('span', 'ex-unit', scores.unit), scoreTerm(scores));
      unit.title = scores.unit;
      line.append(unit);
    }
    const value = column.measure && column.measure.value;
    if (value !== null && value !== undefined) line.append(term(make('span', 'ex-measure', `${column.measure.name} ${value.toFixed(3)}`), measureTerm(column.measure.name)));
    head.append(line, make('h3', '', column.title));
    const list = make('ol', 'ex-list');
    list.setAttribute('aria-label', `${column.role}: ${column.title}`);
    const cutoff = column.measure ? column.measure.depth : 0;
    for (const doc of column.documents) {
      if (cutoff && doc.rank === cutoff + 1) list.append(cutoffLine(`below rank ${cutoff}: ${column.measure.name} does not see it`));
      list.append(makeCard(doc, column, scores));
    }
    section.append(head, column.documents.length ? list : message(column.empty || 'No document was found.'));
    if (column.lost.length) section.append(make('p', 'ex-lost', `out of view: ${column.lost.join(', ')}`));
    return section;
  }

  function cutoffLine(text) {
    const line = make('li', 'ex-cutoff');
    line.append(term(make('span', '', text), 'cut-off'));
    return line;
  }

  function missing(view) {
    if (!view.missing_gold.length) return [];
    const box = make('section', 'ex-missing');
    box.append(make('h3', '', 'Relevant, but in nobody’s view'));
    for (const doc of view.missing_gold) {
      const line = make('p');
      line.append(make('b', '', doc.doc_id), make('span', '', ` ${doc.title} `), make('span', 'ex-text', doc.text));
      box.append(line);
    }
    return [box];
  }

  function mark() {
    for (const card of root.querySelectorAll('.ex-card')) {
      const same = card.dataset.doc === selected;
      card.classList.toggle('ex-same', same);
      card.setAttribute('aria-pressed', String(same));
    }
  }

  function choose(doc, toggle) {
    selected = toggle && selected === doc ? null : doc;
    mark();
    if (ribbons) ribbons.draw();
  }

  // A document selected elsewhere.
  function follow(chosen) {
    const doc = (chosen && chosen.doc_id) || null;
    if (doc !== selected) choose(doc, false);
  }

  function onClick(event) {
    const card = event.target.closest('.ex-card');
    if (!card) return;
    choose(card.dataset.doc, true);
    api.emit('select', {doc_id: selected, column: card.dataset.column});
  }

  function onKey(event) {
    if (event.key === 'e' && !event.ctrlKey && !event.metaKey && !event.altKey) evidence();
  }

  root.addEventListener('click', onClick);
  root.addEventListener('keydown', onKey);
  const off = api.onChange(draw);
  const unfollow = api.onSelect ? api.onSelect(follow) : () => {};
  draw();
  return () => { off(); unfollow(); if (ribbons) ribbons.dispose(); root.removeEventListener('click', onClick); root.removeEventListener('keydown', onKey); root.remove(); };
}
