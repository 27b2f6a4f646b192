// Labelling, blind: one document at a time from a shuffled pool, graded with the keys 0 to 3. Texts go through textContent.
// api: {get() -> view, onChange(callback) -> off, emit("submit", {query_id, labels: [[doc_id, grade | null]]})}. Returns its disposer.
function mountLabel(host, api) {
  const root = make('div', 'ex-label');
  host.replaceChildren(root);
  let view = null;
  let at = 0;
  let undone = []; // documents in the order they were graded
  const unsaved = new Map(); // doc_id -> grade given and not yet confirmed
  let outbox = []; // given while an answer is awaited: two messages at once could be stored in the wrong order
  let awaiting = false;

  function draw() {
    const before = view && view.query && view.query.query_id;
    view = api.get();
    awaiting = false;
    post(before);
    if (!view || !view.documents) {
      const box = make('div', view && view.error ? 'ex-empty ex-error' : 'ex-empty', (view && view.message) || 'Preparing the pool …');
      if (view && view.error) box.setAttribute('role', 'alert');
      root.replaceChildren(box);
      return;
    }
    if (before !== view.query.query_id) {
      unsaved.clear();
      undone = [];
      at = Math.max(0, view.documents.findIndex((doc) => doc.grade === null));
    }
    for (const doc of view.documents) {
      if (!unsaved.has(doc.doc_id)) continue;
      if (unsaved.get(doc.doc_id) === doc.grade) unsaved.delete(doc.doc_id);
      else doc.grade = unsaved.get(doc.doc_id);
    }
    paint();
  }

  function paint() {
    const focused = root.contains(document.activeElement);
    root.replaceChildren(question(), steps(), ...(view.documents.length ? [card(), keys()] : [make('div', 'ex-empty', 'Neither system found a document for this query.')]), sums());
    if (focused) root.querySelector('.ex-label-card')?.focus({preventScroll: true});
  }

  function question() {
    const head = make('header', 'ex-query');
    head.append(make('h2', '', view.query.text));
    const facts = make('p', 'ex-facts');
    const pairs = [['answer', view.query.answers.join(' · ')], ['searched within', view.query.scope]];
    for (const [name, value] of pairs) {
      if (!value) continue;
      const node = make('span', 'ex-fact');
      node.append(make('b', '', name), make('span', '', value));
      facts.append(node);
    }
    const blind = make('span', 'ex-note', 'blind: systems and ranks are hidden, the order is shuffled');
    term(blind, 'blind', view.teach);
    facts.append(blind);
    head.append(facts);
    return head;
  }

  function steps() {
    const row = make('div', 'ex-steps');
    row.setAttribute('role', 'group');
    row.setAttribute('aria-label', 'documents of the pool');
    view.documents.forEach((doc, place) => {
      const dot = make('button', `ex-step${doc.grade === null ? '' : ` ex-step-${doc.grade}`}`, doc.grade === null ? '·' : doc.grade);
      dot.type = 'button';
      dot.setAttribute('aria-label', `document ${place + 1}: ${doc.grade === null ? 'not labelled' : `grade ${doc.grade}`}`);
      if (place === at) dot.setAttribute('aria-current', 'true');
      dot.addEventListener('click', () => { at = place; paint(); focusCard(); });
      row.append(dot);
    });
    const done = view.documents.filter((doc) => doc.grade !== null).length;
    const count = make('span', 'ex-note', done === view.documents.length && done ? `all ${done} labelled · n for the next query` : `${done} of ${view.documents.length} labelled`);
    count.setAttribute('aria-live', 'polite');
    row.append(count);
    return row;
  }

  function card() {
    const doc = view.documents[at];
    const box = make('article', 'ex-label-card');
    box.tabIndex = 0;
    box.setAttribute('aria-label', `document ${at + 1} of ${view.documents.length}; keys 0 to 3 grade it`);
    if (doc.title) box.append(make('strong', 'ex-title', doc.title));
    box.append(make('p', 'ex-label-text', doc.text));
    return box;
  }

  function keys() {
    const row = make('div', 'ex-grades');
    row.setAttribute('role', 'group');
    row.setAttribute('aria-label', 'grade');
    const now = view.documents[at].grade;
    for (const {grade: value, what} of view.grades) {
      const button = make('button', 'ex-grade-key');
      button.type = 'button';
      button.setAttribute('aria-pressed', String(now === value));
      button.append(make('kbd', '', value), make('span', '', what));
      button.addEventListener('click', () => give(value));
      row.append(button);
    }
    const undo = make('button', 'ex-grade-key ex-undo');
    undo.type = 'button';
    undo.disabled = !undone.length;
    undo.append(make('kbd', '', 'u'), make('span', '', 'take the last one back'));
    undo.addEventListener('click', takeBack);
    row.append(undo);
    return row;
  }

  function sums() {
    const box = make('section', 'ex-sums');
    const {documents, queries, useful} = view.labelled;
    box.append(make('h3', '', 'Your labels'));
    box.append(make('p', 'ex-note', documents ? `${documents.toLocaleString('en')} documents of ${queries.toLocaleString('en')} ${queries === 1 ? 'query' : 'queries'}, ${useful.toLocaleString('en')} of them useful (grade 2 or 3). Each was stored as it was given.` : 'None yet. Each is stored as it is given.'));
    const told = view.agreement.filter((one) => one.share !== null);
    if (!told.length) {
      const waiting = make('p', 'ex-note', `Agreement with teachers is told from ${view.enough} pairs of differently graded documents on.`);
      term(waiting, 'agreement', view.teach);
      box.append(waiting);
      return box;
    }
    const table = make('table', 'ex-table');
    const head = make('tr');
    const names = [term(make('th', '', 'agrees with you'), 'agreement', view.teach), make('td'), term(make('th', '', 'pairs'), 'pairs', view.teach)];
    for (const cell of names) if (cell.tagName === 'TH') cell.scope = 'col';
    head.append(...names);
    table.append(head);
    for (const one of told) {
      const line = make('tr');
      const track = make('span', 'ex-track');
      const bar = make('span', 'ex-bar ex-level');
      bar.style.width = `${(100 * one.share).toFixed(1)}%`;
      track.append(bar);
      const share = make('td', 'ex-share', `${Math.round(100 * one.share)} %`);
      share.append(track);
      const name = make('th', '', one.source);
      name.scope = 'row';
      line.append(name, share, make('td', '', one.pairs.toLocaleString('en')));
      table.append(line);
    }
    box.append(table);
    return box;
  }

  function send(doc, value) {
    doc.grade = value;
    unsaved.set(doc.doc_id, value);
    outbox.push([doc.doc_id, value]);
    post(view.query.query_id);
  }

  function post(queryId) {
    if (awaiting || !outbox.length) return;
    awaiting = true;
    api.emit('submit', {query_id: queryId, labels: outbox});
    outbox = [];
  }

  function give(value) {
    const doc = view.documents[at];
    undone.push(doc.doc_id);
    send(doc, value);
    const left = view.documents.findIndex((one, place) => place > at && one.grade === null);
    const any = left < 0 ? view.documents.findIndex((one) => one.grade === null) : left;
    if (any >= 0) at = any;
    paint();
    focusCard();
  }

  function takeBack() {
    const last = undone.pop();
    const place = view.documents.findIndex((doc) => doc.doc_id === last);
    if (place < 0) return;
    at = place;
    send(view.documents[place], null);
    paint();
    focusCard();
  }

  function focusCard() {
    root.querySelector('.ex-label-card')?.focus({preventScroll: true});
  }

  function onKey(event) {
    if (!view || !view.documents || !view.documents.length || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key >= '0' && event.key <= '3') give(Number(event.key));
    else if (event.key === 'u' || event.key === 'Backspace') takeBack();
    else if (event.key === 'ArrowRight' || event.key === 'ArrowDown') { at = Math.min(view.documents.length - 1, at + 1); paint(); focusCard(); }
    else if (event.key === 'ArrowLeft' || event.key === 'ArrowUp') { at = Math.max(0, at - 1); paint(); focusCard(); }
    else if (event.key === 'n') document.querySelector('#label-next')?.click();
    else return;
    event.preventDefault();
  }

  root.addEventListener('keydown', onKey);
  const off = api.onChange(draw);
  draw();
  return () => { off(); root.removeEventListener('keydown', onKey); root.remove(); };
}
