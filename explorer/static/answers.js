// What the reader answers from two contexts, and where the answers differ. Needs answers_part.js; texts go through textContent.
// api: {get() -> view, onChange(callback) -> off}. Returns its disposer.
function mountAnswers(host, api) {
  function fill(view) {
    const pair = make('div', 'ex-columns');
    pair.style.setProperty('--columns', 2);
    pair.append(...view.sides.map((side) => column(side, view)));
    return [heading(view), pair, ...difference(view)];
  }

  function heading(view) {
    const head = make('header', 'ex-query');
    const facts = make('p', 'ex-facts');
    const known = view.query.answers;
    facts.append(exFact(known.length > 1 ? 'reference answers' : 'reference answer', known.length ? known.join(' · ') : 'none'));
    facts.append(exFact('contexts', view.overlap));
    head.append(make('h2', '', view.query.text), facts, ...view.notes.map((note) => make('p', 'ex-note ex-an-note', note)));
    return head;
  }

  function column(side, view) {
    const box = make('section', `ex-column ${side.role === 'after' ? 'ex-system' : ''}`);
    box.setAttribute('aria-label', `${side.role}: ${side.spec}`);
    const head = make('div', 'ex-column-head');
    head.append(make('p', 'ex-role', side.role), make('h3', '', side.spec));
    const list = make('ol', 'ex-list');
    list.setAttribute('aria-label', 'passages given to the reader');
    list.append(...side.passages.map((passage) => given(passage, side, view)));
    const none = make('div', 'ex-empty', 'No passage was found: the reader answers from memory.');
    box.append(head, said(side, view), make('h4', 'ex-an-label', `Passages given to the reader (${side.passages.length})`), side.passages.length ? list : none);
    return box;
  }

  function said(side, view) {
    const box = make('div', 'ex-an-said');
    if (side.answer === null) {
      box.classList.add('ex-an-unasked');
      box.append(make('p', '', 'Not answered yet. “Answer with the reader” asks the language model with the passages below.'));
      return box;
    }
    const line = make('p', 'ex-an-measures');
    line.append(make('span', 'ex-role', `answer of ${view.reader}`), ...side.measures.map((one) => measure(one, view)));
    box.append(line, ...(view.query.options.length ? [options(side, view)] : [make('blockquote', 'ex-an-answer', side.answer || '(nothing)')]));
    return box;
  }

  function measure(one, view) {
    const whole = one.name !== 'F1';
    const badge = make('span', `ex-an-measure${one.value === 1 ? ' ex-an-full' : ''}`);
    term(badge, one.name, view.teach);
    badge.append(make('b', '', one.name), make('span', '', whole ? (one.value ? '✓ 1' : '✕ 0') : one.value.toFixed(2)));
    return badge;
  }

  function options(side, view) {
    const list = make('ul', 'ex-an-options');
    for (const option of view.query.options) {
      const chosen = option === side.answer;
      const row = make('li', chosen ? 'ex-an-chosen' : '');
      row.append(make('span', 'ex-an-tick', chosen ? '●' : '○'), make('span', '', option));
      if (chosen) row.append(make('span', 'ex-note', 'likeliest'));
      if (view.query.answers.includes(option)) row.append(make('span', 'ex-relevant', '◆ reference'));
      list.append(row);
    }
    return list;
  }

  function given(passage, side, view) {
    const item = make('li', 'ex-item');
    const card = make('details', `ex-an-passage${passage.grade > 0 ? ' ex-gold' : ''}`);
    const top = make('summary', '');
    const marks = make('span', 'ex-an-marks');
    const judged = passage.grade !== null;
    if (judged) {
      const grade = make('span', passage.grade > 0 ? 'ex-relevant' : 'ex-note', passage.grade > 0 ? `◆ gold ${passage.grade}` : '○ useless');
      term(grade, 'grade').title = passage.grade > 0 ? view.teach.gold : 'judged and found useless';
      marks.append(grade);
    }
    if (passage.states) {
      const states = make('span', 'ex-an-states', '❝ states the answer');
      term(states, 'states the answer', view.teach);
      marks.append(states);
    }
    const other = side.role === 'before' ? 'after' : 'before';
    marks.append(make('span', 'ex-note', passage.other_rank ? `${other}: rank ${passage.other_rank}` : `only ${side.role}`));
    const title = make('span', 'ex-an-title', passage.title || passage.text.slice(0, 90) || passage.doc_id);
    top.append(make('span', 'ex-rank', passage.rank), title, marks);
    card.append(top, make('p', 'ex-an-text', passage.text), make('p', 'ex-note', passage.doc_id));
    item.append(card);
    return item;
  }

  function difference(view) {
    if (!view.difference) return [];
    const box = make('section', 'ex-an-diff');
    const head = make('h3', '', 'Token by token');
    term(head, 'tokens', view.teach);
    if (view.difference.same) {
      const same = view.difference.tokens.length ? 'Both answers are the same, token for token.' : 'Neither answer holds a word that counts.';
      box.append(head, make('p', '', same));
      return [box];
    }
    const line = make('p', 'ex-an-tokens');
    for (const run of runs(view.difference.tokens)) line.append(piece(run), document.createTextNode(' '));
    const legend = make('p', 'ex-note ex-an-legend');
    legend.append(make('del', 'ex-an-removed', '− only before says'), make('ins', 'ex-an-added', '+ only after says'), make('span', '', 'plain: both'));
    if (view.query.answers.length) legend.append(make('b', 'ex-an-reference', 'underlined: a word of a reference answer'));
    box.append(head, line, legend);
    return [box];
  }

  function runs(tokens) {
    const found = [];
    for (const token of tokens) {
      const last = found[found.length - 1];
      if (last && last[0].kind === token.kind) last.push(token); else found.push([token]);
    }
    return found;
  }

  function piece(run) {
    const [tag, sign] = {removed: ['del', '− '], added: ['ins', '+ '], kept: ['span', '']}[run[0].kind];
    const node = make(tag, `ex-an-${run[0].kind}`, sign);
    if (sign) node.title = run[0].kind === 'removed' ? 'only the answer before says this' : 'only the answer after says this';
    run.forEach((token, place) => {
      if (place) node.append(document.createTextNode(' '));
      node.append(make(token.reference ? 'b' : 'span', token.reference ? 'ex-an-reference' : '', token.text));
    });
    return node;
  }

  return mountAnswersPart(host, api, 'ex-an', (view) => view.sides, fill);
}
