// One query's lesson: rationale beside the candidates, what the teacher says of each, and the distribution a student is to
// imitate beside the baseline's. Texts go through textContent.
// api: {get() -> view, onChange(callback) -> off, emit("select", {doc_id}), onSelect?(callback) -> off}. Returns its disposer.
function mountLesson(host, api) {
  const root = make('div', 'ex-lesson');
  host.replaceChildren(root);
  const set = {teacher: '', rationale: '', tau: null, tau_u: null};
  let [view, heardLast, open] = [null, null, null];

  function draw() {
    view = api.get();
    if (!view || !view.documents) {
      const box = make('div', view && view.error ? 'ex-empty ex-error' : 'ex-empty', (view && view.message) || 'Looking up the query …');
      box.setAttribute('role', view && view.error ? 'alert' : 'status');
      root.replaceChildren(box);
      return;
    }
    const names = view.teachers.map((one) => one.name);
    if (!names.includes(set.teacher)) set.teacher = [view.teacher, 'utility', ...names].find((name) => names.includes(name)) || '';
    const written = view.rationales.map((one) => one.name);
    if (!written.includes(set.rationale)) set.rationale = written[0] || '';
    set.tau ??= view.tau;
    set.tau_u ??= view.tau_u;
    root.replaceChildren(heading(), ...(names.length ? [side(), candidates()] : [make('div', 'ex-empty', 'No teacher says anything of this query: it has no reference answer and is not judged.')]));
    share();
  }

  const teacher = () => view.teachers.find((one) => one.name === set.teacher);

  function heading() {
    const head = make('header', 'ex-query');
    head.append(make('h2', '', view.query.text));
    const facts = make('p', 'ex-facts');
    const gold = view.documents.filter((doc) => doc.grade > 0).length;
    const pairs = [['answer', view.query.answers.join(' · ')], ['searched within', view.query.scope], ['relevant among the candidates', `${gold} of ${view.documents.length}`]];
    for (const [name, value] of pairs.filter(([, told]) => told)) {
      const fact = make('span', 'ex-fact');
      if (name.startsWith('relevant')) term(fact, 'gold');
      fact.append(make('b', '', name), make('span', '', value));
      facts.append(fact);
    }
    head.append(facts);
    return head;
  }

  function side() {
    const box = make('aside', 'ex-lesson-side');
    box.setAttribute('aria-label', 'rationale and distributions');
    box.append(rationale(), distributions());
    return box;
  }

  function rationale() {
    const box = make('section', 'ex-panel');
    const head = make('div', 'ex-panel-head');
    head.append(term(make('h3', '', 'Rationale'), 'rationale'));
    const one = view.rationales.find((told) => told.name === set.rationale);
    if (view.rationales.length > 1) head.append(pick('rationale', view.rationales.map((told) => told.name), set.rationale, (name) => { set.rationale = name; draw(); }));
    box.append(head);
    if (!one) box.append(make('p', 'ex-note', 'No rationale is recorded for this query.'));
    else {
      box.append(make('p', 'ex-note', one.source));
      const paragraphs = one.text ? one.text.split('\n\n') : [];
      const said = make('div', 'ex-rationale-said');
      said.tabIndex = 0; // it scrolls where it is long
      said.setAttribute('role', 'group');
      said.setAttribute('aria-label', 'text of the rationale');
      said.append(...paragraphs.map((text) => make('p', 'ex-rationale-text', text)));
      if (paragraphs.length) box.append(said);
      if (!paragraphs.length) box.append(make('p', 'ex-note', 'No sentence makes the answer more likely: there is nothing to highlight.'));
      else box.append(make('p', 'ex-note', 'Its words are marked in the candidates; it holds the answer and never reaches a test-time input.'));
    }
    return box;
  }

  function pick(name, choices, now, changed) {
    const select = make('select', 'ex-pick');
    select.setAttribute('aria-label', name);
    for (const one of choices) select.append(Object.assign(make('option', '', one), {value: one, selected: one === now}));
    select.addEventListener('change', () => changed(select.value));
    return select;
  }

  function distributions() {
    const box = make('section', 'ex-panel');
    box.append(make('h3', '', 'What a student is to imitate'));
    const [target, own] = [temperature('τᵤ', 'tau_u', 'of the teacher', 0.02, 3), temperature('τ', 'tau', `of ${view.base}`, 0.005, 2)];
    term(target.firstChild, 'tau of the teacher', view.teach);
    term(own.firstChild, 'tau', view.teach);
    box.append(target, own);
    const facts = make('dl', 'ex-sums-of');
    for (const name of ['to learn', 'target falls on', 'first documents']) {
      const value = make('dd', '', '');
      value.dataset.fact = name;
      facts.append(term(make('dt', '', name), name, view.teach), value);
    }
    const key = make('p', 'ex-note ex-shares-key');
    key.append(make('span', 'ex-swatch ex-swatch-target'), make('span', '', 'target: softmax(teacher / τᵤ)'), make('span', 'ex-swatch ex-swatch-base'), make('span', '', 'baseline: softmax(score / τ)'));
    box.append(facts, key);
    return box;
  }

  // A slider in powers of ten: temperatures matter by their ratio.
  function temperature(symbol, field, whose, low, high) {
    const row = make('label', 'ex-slider');
    const input = make('input');
    Object.assign(input, {type: 'range', min: Math.log10(low), max: Math.log10(high), step: 0.01, value: Math.log10(set[field])});
    input.setAttribute('aria-label', `temperature ${field} ${whose}`);
    input.dataset.slider = field;
    const shown = make('output', '', told(set[field]));
    const tell = () => { shown.textContent = told(set[field]); input.setAttribute('aria-valuetext', told(set[field])); };
    input.addEventListener('input', () => { set[field] = 10 ** Number(input.value); tell(); share(); });
    tell();
    const name = make('span', '', symbol);
    name.append(make('small', '', ` ${whose}`));
    row.append(name, input, shown);
    return row;
  }

  const told = (value) => value.toPrecision(2);

  function candidates() {
    const box = make('section', 'ex-candidates');
    const head = make('div', 'ex-panel-head');
    const unit = teacher();
    head.append(make('h3', '', 'Candidates in the order of'), pick('teacher', view.teachers.map((one) => one.name), set.teacher, (name) => { set.teacher = name; draw(); }));
    head.append(make('span', 'ex-note', `${unit.unit}; ${unit.origin}`));
    const list = make('ol', 'ex-lesson-list');
    const ranked = view.documents.map((doc, place) => ({doc, place, score: doc.scores[set.teacher]}));
    ranked.sort((a, b) => (b.score ? b.score.value : -Infinity) - (a.score ? a.score.value : -Infinity) || a.place - b.place);
    const furthest = Math.max(1e-9, ...ranked.map(({score}) => (score ? Math.abs(score.value) + (score.spread || 0) : 0)));
    const sided = Boolean(unit.sides) || ranked.some(({score}) => score && score.value < 0);
    list.append(...ranked.map((one, rank) => row(one, one.score ? rank + 1 : null, furthest, sided)));
    box.append(head, list);
    return box;
  }

  function row({doc, score}, rank, furthest, sided) {
    const item = make('li', `ex-lesson-row${doc.grade > 0 ? ' ex-gold' : ''}`);
    const card = make('button', 'ex-lesson-card');
    card.type = 'button';
    card.setAttribute('aria-expanded', String(open === doc.doc_id));
    const top = make('span', 'ex-top');
    top.append(make('span', 'ex-rank', rank ?? '–'), ranks(doc), make('span', 'ex-id', doc.doc_id), ...coverage(doc), gradeBadge(doc.grade));
    card.append(top);
    const passage = doc.passages[set.rationale];
    if (doc.title) card.append(marked(make('strong', 'ex-title'), doc.title, passage ? passage.spans.title : [], []));
    card.append(marked(make('span', 'ex-text'), doc.text, passage ? passage.spans.text : [], []));
    if (score && score.cut) card.append(term(make('span', 'ex-cut', 'the reader saw only its beginning'), 'truncation'));
    card.dataset.doc = doc.doc_id;
    card.addEventListener('click', () => {
      unfold(open === doc.doc_id ? null : doc.doc_id);
      api.emit('select', {doc_id: open});
    });
    const said = make('div', 'ex-said-of');
    said.append(bar(score, furthest, sided), ...['target', 'base'].map((kind) => shareBar(doc, kind)));
    item.append(card, said);
    return item;
  }

  function unfold(doc_id) {
    open = doc_id;
    root.querySelectorAll('.ex-lesson-card').forEach((card) => card.setAttribute('aria-expanded', String(card.dataset.doc === open)));
  }

  function ranks(doc) {
    const node = make('span', 'ex-other-ranks', `baseline ${doc.rank ?? '–'}`);
    const mixes = heardLast && heardLast.base === view.base ? heardLast.mixes : [];
    const mixed = mixes.map((one) => [one.name, one.ranks(view.query.query_id)]).filter(([, found]) => found);
    for (const [name, found] of mixed) node.append(make('span', '', ` · ${name} ${found.get(doc.doc_id) ?? '–'}`));
    node.title = 'ranks under the baseline and under the mixes as their sliders stand; –: not retrieved, or not scored';
    node.dataset.doc = doc.doc_id;
    return node;
  }

  function coverage(doc) {
    const passage = doc.passages[set.rationale];
    if (!passage || passage.coverage === null || passage.coverage === undefined) return [];
    return [term(make('span', 'ex-coverage', `covers ${Math.round(100 * passage.coverage)} %`), 'coverage', view.teach)];
  }

  function bar(score, furthest, sided) {
    const line = make('span', 'ex-score');
    const track = make('span', sided ? 'ex-track ex-sided' : 'ex-track');
    line.append(make('span', 'ex-score-of', teacher().kind), track);
    if (!score) {
      line.append(make('span', 'ex-value', 'not scored'));
      return line;
    }
    const {value, spread} = score;
    const scale = sided ? 50 : 100;
    const fill = make('span', !sided ? 'ex-bar ex-level' : value >= 0 ? 'ex-bar ex-helps' : 'ex-bar ex-harms');
    fill.style.width = `${(scale * Math.abs(value) / furthest).toFixed(1)}%`;
    track.append(fill);
    if (spread !== null && spread !== undefined) {
      const whisker = term(make('span', 'ex-whisker'), 'spread over prompts', view.teach);
      const middle = sided ? 50 + 50 * value / furthest : 100 * value / furthest;
      whisker.style.left = `${(middle - scale * spread / furthest).toFixed(1)}%`;
      whisker.style.width = `${(2 * scale * spread / furthest).toFixed(1)}%`;
      track.append(whisker);
    }
    const unit = teacher();
    const sign = value < 0 ? '−' : sided ? '+' : '';
    const told = make('span', 'ex-value');
    told.append(term(make('span', '', `${sign}${Math.abs(value).toFixed(2)}`), unit.kind === 'utility' ? 'utility' : 'teacher\'s score'));
    if (spread !== null && spread !== undefined) told.append(' ', term(make('span', '', `±${spread.toFixed(2)}`), 'spread over prompts', view.teach));
    told.append(` ${unit.short}`);
    line.append(told);
    line.title = `${unit.name} ${value.toFixed(3)}, ${unit.unit}${unit.sides ? `: ${unit.sides[value >= 0 ? 0 : 1]}` : ''}`;
    return line;
  }

  function shareBar(doc, kind) {
    const line = make('span', `ex-score ex-share-of ex-share-${kind}`);
    line.dataset.doc = doc.doc_id;
    const track = make('span', 'ex-track');
    track.append(make('span', 'ex-bar'));
    line.append(kind === 'target' ? term(make('span', 'ex-score-of', 'target'), 'target share', view.teach) : term(make('span', 'ex-score-of', 'baseline'), 'baseline share', view.teach), track, make('span', 'ex-value', ''));
    return line;
  }

  // doc_id -> share in softmax(score / temperature)
  function softmax(scores, temperature) {
    const highest = Math.max(...scores.map(([, score]) => score));
    const weights = scores.map(([doc_id, score]) => [doc_id, Math.exp((score - highest) / temperature)]);
    const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
    return new Map(weights.map(([doc_id, weight]) => [doc_id, weight / total]));
  }

  // Both distributions over the candidates that both know: only these can be compared.
  function share() {
    const both = view.documents.filter((doc) => doc.scores[set.teacher] && doc.score !== null);
    if (!both.length || !root.querySelector('.ex-share-of')) return;
    const target = softmax(both.map((doc) => [doc.doc_id, doc.scores[set.teacher].value]), set.tau_u);
    const base = softmax(both.map((doc) => [doc.doc_id, doc.score]), set.tau);
    for (const line of root.querySelectorAll('.ex-share-of')) {
      const found = (line.classList.contains('ex-share-target') ? target : base).get(line.dataset.doc);
      line.querySelector('.ex-bar').style.width = `${(100 * (found ?? 0)).toFixed(1)}%`;
      line.lastChild.textContent = found === undefined ? '–' : `${(100 * found).toFixed(found < 0.1 ? 1 : 0)} %`;
      line.dataset.share = found;
    }
    const [ps, qs] = [[...target.values()], [...base.values()]];
    const log = (value) => Math.log(Math.max(value, 1e-300));
    const divergence = ps.reduce((sum, p, n) => sum + (p > 0 ? p * (log(p) - log(qs[n])) : 0), 0);
    const entropy = ps.reduce((sum, p) => sum - (p > 0 ? p * log(p) : 0), 0);
    const first = (shares) => [...shares].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
    fact('to learn', `${divergence.toFixed(2)} nats`);
    fact('target falls on', `about ${Math.exp(entropy).toFixed(1)} documents`);
    fact('first documents', first(target) === first(base) ? 'the same' : 'different');
  }

  function fact(id, value) {
    const node = root.querySelector(`[data-fact="${id}"]`);
    if (node) node.textContent = value;
  }

  function heard(event) {
    heardLast = event.detail;
    if (!view || !view.documents) return;
    for (const node of root.querySelectorAll('.ex-other-ranks')) node.replaceWith(ranks(view.documents.find((doc) => doc.doc_id === node.dataset.doc)));
  }

  document.addEventListener('explorer-mixed', heard);
  const off = api.onChange(draw);
  const unfollow = api.onSelect ? api.onSelect((chosen) => unfold((chosen && chosen.doc_id) || null)) : () => {};
  draw();
  document.dispatchEvent(new CustomEvent('explorer-mix-wanted'));
  return () => { off(); unfollow(); document.removeEventListener('explorer-mixed', heard); root.remove(); };
}
