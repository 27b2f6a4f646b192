// Rankings side by side. No framework; text of documents reaches the page through textContent alone.
// api: {get() -> view, onChange(callback) -> off, emit("select", {doc_id, column}), onSelect?(callback) -> off}. Returns its disposer.
function mountCompare(host, api) {
  const LEAD = 120; // characters that may stand before a mark
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
    if (column.role === 'teacher' && column.documents.length) line.append(term(make('span', 'ex-unit', scores.unit), scoreTerm(scores)));
    const value = column.measure && column.measure.value;
    if (value !== null && value !== undefined) line.append(term(make('span', 'ex-measure', `${column.measure.name} ${value.toFixed(3)}`), measureTerm(column.measure.name)));
    head.append(line, make('h3', '', column.title));
    const list = make('ol', 'ex-list');
    list.setAttribute('aria-label', `${column.role}: ${column.title}`);
    const cutoff = column.measure ? column.measure.depth : 0;
    for (const doc of column.documents) {
      if (cutoff && doc.rank === cutoff + 1) list.append(cutoffLine(`below rank ${cutoff}: ${column.measure.name} does not see it`));
      list.append(drawDocument(doc, column, scores));
    }
    section.append(head, column.documents.length ? list : message(column.empty || 'No document was found.'));
    if (column.lost.length) section.append(make('p', 'ex-lost', `out of view: ${column.lost.join(', ')}`));
    return section;
  }

  function drawDocument(doc, column, scores) {
    const item = make('li', 'ex-item');
    const card = make('button', `ex-card${doc.grade > 0 ? ' ex-gold' : ''}`);
    card.type = 'button';
    card.dataset.doc = doc.doc_id;
    card.dataset.column = column.key;
    const top = make('span', 'ex-top');
    top.append(make('span', 'ex-rank', doc.rank), move(doc), make('span', 'ex-id', doc.doc_id), ...percentile(doc, column), ...coverage(doc), grade(doc));
    card.append(top);
    if (doc.title) card.append(marked(make('strong', 'ex-title'), doc.title, doc.spans.title, []));
    card.append(...placed(doc, passage(doc)));
    if (doc.cut) card.append(term(make('span', 'ex-cut', column.role === 'teacher' ? 'the reader saw only its beginning' : 'the encoder reads only its beginning'), 'truncation'));
    if (doc.teacher_score !== null && doc.teacher_score !== undefined) card.append(score(doc, scores));
    item.append(card);
    return item;
  }

  // Appends characters [from, to) of a text to a node, those within a span of the rationale or of the evidence as marks.
  // Offsets count characters, as Python does; a string here counts UTF-16 units.
  function marked(node, text, spans, evidence, from = 0, to = Infinity) {
    const characters = Array.from(text);
    const stop = Math.min(to, characters.length);
    const edges = new Set([from, stop]);
    for (const span of [...spans, ...evidence]) for (const edge of [span.start, span.end]) if (edge > from && edge < stop) edges.add(edge);
    const cuts = [...edges].sort((a, b) => a - b);
    for (let n = 1; n < cuts.length; n += 1) {
      const within = (span) => span.start <= cuts[n - 1] && span.end >= cuts[n];
      const said = characters.slice(cuts[n - 1], cuts[n]).join('');
      const span = spans.find(within);
      const states = evidence.some(within);
      if (!span && !states) {
        node.append(make('span', '', said));
        continue;
      }
      const mark = term(make('mark', `${span ? 'ex-mark' : ''}${states ? ' ex-evidence' : ''}`, said), states ? 'evidence' : 'rationale');
      if (span) mark.style.setProperty('--weight', span.weight);
      const why = span ? [span.weight < 1 ? `${Math.round(100 * span.weight)} % of the rationale’s words` : 'stands in the rationale'] : [];
      mark.title = [...why, ...(states ? ['evidence: states the answer or a step to it'] : [])].join('; ');
      node.append(mark);
    }
    return node;
  }

  // A card shows three lines: what comes long before the evidence, or before the weightiest mark, is folded away until
  // the card is selected.
  function passage(doc) {
    const text = make('span', 'ex-text');
    const best = doc.evidence[0] || doc.spans.text.reduce((a, b) => (a && a.weight >= b.weight ? a : b), null);
    let cut = 0;
    if (best && best.start > LEAD) {
      const characters = Array.from(doc.text);
      cut = characters.lastIndexOf(' ', best.start - LEAD / 2) + 1;
    }
    if (cut > 0) {
      text.classList.add('ex-folded');
      text.append(marked(make('span', 'ex-before'), doc.text, doc.spans.text, doc.evidence, 0, cut));
    }
    return marked(text, doc.text, doc.spans.text, doc.evidence, cut);
  }

  // A chunk says where it lies; once its card is selected, what stands around it in its document.
  function placed(doc, text) {
    if (!doc.place) return [text];
    const {source, start, end, before, after} = doc.place;
    const where = make('span', 'ex-place', `characters ${start.toLocaleString('en')}–${end.toLocaleString('en')} of ${source}`);
    return [where, ...(before ? [make('span', 'ex-around', before)] : []), text, ...(after ? [make('span', 'ex-around', after)] : [])];
  }

  // Two systems never share an axis: a score is told against the scores the same system usually gives.
  function percentile(doc, column) {
    if (doc.percentile === null || doc.percentile === undefined) return [];
    const badge = term(make('span', 'ex-percentile', `p${Math.round(doc.percentile)}`), 'percentile');
    badge.title = `score ${doc.score.toFixed(3)}: higher than ${doc.percentile.toFixed(1)} % of the scores ${column.title} gave to its first documents for other queries`;
    return [badge];
  }

  function coverage(doc) {
    if (doc.coverage === null || doc.coverage === undefined) return [];
    const share = term(make('span', 'ex-coverage', `covers ${Math.round(100 * doc.coverage)} %`), 'coverage');
    share.title = 'share of the rationale’s words that occur in this document';
    return [share];
  }

  function move(doc) {
    const words = {up: `up from rank ${doc.from}`, down: `down from rank ${doc.from}`, new: 'not in the baseline’s view', same: 'same rank as the baseline'};
    const badge = make('span', `ex-move ex-${doc.move || 'none'}`, doc.move_label);
    if (words[doc.move]) { term(badge, 'move'); badge.title = words[doc.move]; badge.setAttribute('aria-label', words[doc.move]); }
    return badge;
  }

  function grade(doc) {
    const judged = doc.grade !== null && doc.grade !== undefined;
    const badge = make('span', `ex-grade${doc.grade > 0 ? ' ex-relevant' : ''}`, judged ? (doc.grade > 0 ? `◆ gold ${doc.grade}` : '○ useless') : '');
    badge.title = judged ? `judged with grade ${doc.grade}` : 'unjudged';
    return judged ? term(badge, 'grade') : badge;
  }

  function score(doc, scores) {
    const value = doc.teacher_score;
    const share = Math.min(1, Math.abs(value) / scores.highest);
    const row = make('span', 'ex-score');
    const track = make('span', scores.sides ? 'ex-track ex-sided' : 'ex-track');
    const bar = make('span', !scores.sides ? 'ex-bar ex-level' : value >= 0 ? 'ex-bar ex-helps' : 'ex-bar ex-harms');
    bar.style.width = `${((scores.sides ? 50 : 100) * share).toFixed(1)}%`;
    track.append(bar);
    const digits = Math.abs(value).toFixed(2);
    const sign = Number(digits) === 0 ? '' : value < 0 ? '−' : scores.sides ? '+' : '';
    row.append(track, term(make('span', 'ex-value', `${sign}${digits} ${scores.short}`), scoreTerm(scores)));
    const side = scores.sides ? `: ${scores.sides[value >= 0 ? 0 : 1]}` : '';
    const parts = Object.entries(doc.parts).map(([name, part]) => `\n${name} ${part.toFixed(3)}`);
    row.title = `${scores.teacher} ${value.toFixed(3)}, ${scores.unit}${side}${parts.join('')}`;
    return row;
  }

  const scoreTerm = (scores) => (scores.teacher === 'utility' ? 'utility' : 'teacher\'s score');

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
