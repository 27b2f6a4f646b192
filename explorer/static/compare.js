// Rankings side by side. No framework; text of documents reaches the page through textContent alone.
// api: {get() -> view, onChange(callback) -> off, emit(name, detail)}. Returns its disposer.
function mountCompare(host, api) {
  const root = make('div', 'ex-compare');
  host.replaceChildren(root);
  let selected = null;

  function draw() {
    const view = api.get();
    if (!view || !view.columns) {
      root.replaceChildren(message((view && view.message) || 'Choose a query, or type one.', view && view.error));
      return;
    }
    const scale = Math.max(0.1, ...view.columns.flatMap((c) => c.documents.map((d) => Math.abs(d.utility ?? 0))));
    const grid = make('div', 'ex-columns');
    grid.style.setProperty('--columns', view.columns.length);
    grid.append(...view.columns.map((column) => drawColumn(column, scale)));
    root.replaceChildren(heading(view), grid, ...missing(view));
    mark();
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
    facts.append(fact('gold', view.gold.length ? `${view.gold.length} relevant` : 'unjudged'));
    head.append(facts);
    return head;
  }

  function fact(name, value) {
    const node = make('span', 'ex-fact');
    node.append(make('b', '', name), make('span', '', value));
    return node;
  }

  function drawColumn(column, scale) {
    const section = make('section', `ex-column ex-${column.role}`);
    const head = make('div', 'ex-column-head');
    head.append(make('span', 'ex-role', column.label || column.role), make('h3', '', column.title));
    const value = column.measure && column.measure.value;
    head.append(make('span', 'ex-measure', value === null || value === undefined ? '' : `${column.measure.name} ${value.toFixed(3)}`));
    const list = make('ol', 'ex-list');
    list.setAttribute('aria-label', `${column.role}: ${column.title}`);
    list.append(...column.documents.map((doc) => drawDocument(doc, column, scale)));
    section.append(head, column.documents.length ? list : message(column.empty || 'No document was found.'));
    if (column.lost.length) section.append(make('p', 'ex-lost', `out of view: ${column.lost.join(', ')}`));
    return section;
  }

  function drawDocument(doc, column, scale) {
    const item = make('li', 'ex-item');
    const card = make('button', `ex-card${doc.grade > 0 ? ' ex-gold' : ''}`);
    card.type = 'button';
    card.dataset.doc = doc.doc_id;
    card.dataset.column = column.key;
    const top = make('span', 'ex-top');
    top.append(make('span', 'ex-rank', doc.rank), move(doc), make('span', 'ex-id', doc.doc_id), grade(doc));
    card.append(top);
    if (doc.title) card.append(make('strong', 'ex-title', doc.title));
    card.append(make('span', 'ex-text', doc.text));
    if (doc.cut) card.append(make('span', 'ex-cut', column.role === 'teacher' ? 'the reader saw only its beginning' : 'the encoder reads only its beginning'));
    if (doc.utility !== null && doc.utility !== undefined) card.append(utility(doc.utility, scale));
    item.append(card);
    return item;
  }

  function move(doc) {
    const words = {up: `up from rank ${doc.from}`, down: `down from rank ${doc.from}`, new: 'not in the baseline’s view', same: 'same rank as the baseline'};
    const badge = make('span', `ex-move ex-${doc.move || 'none'}`, doc.move_label);
    if (words[doc.move]) { badge.title = words[doc.move]; badge.setAttribute('aria-label', words[doc.move]); }
    return badge;
  }

  function grade(doc) {
    const judged = doc.grade !== null && doc.grade !== undefined;
    const badge = make('span', `ex-grade${doc.grade > 0 ? ' ex-relevant' : ''}`, judged ? (doc.grade > 0 ? `◆ gold ${doc.grade}` : '○ useless') : '');
    badge.title = judged ? `judged with grade ${doc.grade}` : 'unjudged';
    return badge;
  }

  function utility(value, scale) {
    const row = make('span', 'ex-utility');
    const track = make('span', 'ex-track');
    const bar = make('span', value >= 0 ? 'ex-bar ex-helps' : 'ex-bar ex-harms');
    bar.style.width = `${(50 * Math.min(1, Math.abs(value) / scale)).toFixed(1)}%`;
    track.append(bar);
    row.append(track, make('span', 'ex-value', `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(2)}`));
    row.title = `utility ${value.toFixed(3)} nats per answer token: ${value >= 0 ? 'the document makes the answer more likely' : 'the document makes the answer less likely'}`;
    return row;
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

  function onClick(event) {
    const card = event.target.closest('.ex-card');
    if (!card) return;
    selected = selected === card.dataset.doc ? null : card.dataset.doc;
    mark();
    api.emit('select', {doc_id: selected, column: card.dataset.column});
  }

  root.addEventListener('click', onClick);
  const off = api.onChange(draw);
  draw();
  return () => { off(); root.removeEventListener('click', onClick); root.remove(); };
}
