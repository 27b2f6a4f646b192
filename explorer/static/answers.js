// Answers & cost. Three renderers: what the reader answers from two contexts, what each sentence of a document adds to its
// score, and what a query costs. No framework; texts reach the page through textContent alone.
// api: {get() -> view, onChange(callback) -> off, emit("submit", {doc_id})}. Each returns its disposer.
function mountAnswersPart(host, api, className, ready, fill) {
  const root = make('div', className);
  host.replaceChildren(root);

  function draw() {
    const view = api.get();
    const focused = root.contains(document.activeElement) ? document.activeElement.dataset.doc : undefined;
    root.removeAttribute('aria-busy');
    if (view && ready(view)) {
      root.replaceChildren(...fill(view, root));
      if (focused !== undefined) [...root.querySelectorAll('[data-doc]')].find((node) => node.dataset.doc === focused)?.focus();
      return;
    }
    const text = view ? view.message : 'Searching …';
    const box = make('div', view && view.error ? 'ex-empty ex-error' : 'ex-empty', text);
    if (view && view.error) box.setAttribute('role', 'alert');
    root.replaceChildren(...(text ? [box] : []));
  }

  const off = api.onChange(draw);
  draw();
  return () => { off(); root.remove(); };
}

function exFact(name, value, why) {
  const node = make('span', 'ex-fact');
  if (why) node.title = why;
  node.append(make('b', '', name), make('span', '', value));
  return node;
}

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
    badge.title = view.teach[one.name];
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
      grade.title = passage.grade > 0 ? view.teach.gold : 'judged and found useless';
      marks.append(grade);
    }
    if (passage.states) {
      const states = make('span', 'ex-an-states', '❝ states the answer');
      states.title = view.teach.states;
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
    head.title = view.teach.tokens;
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

function mountSentences(host, api) {
  function fill(view, root) {
    const head = make('header', 'ex-an-head');
    const what = make('p', 'ex-note', 'Each sentence of one document is dropped in turn and both systems score the rest again, live. What the score loses is what the sentence added.');
    head.append(make('h3', '', 'Leave one sentence out'), what, choices(view, root));
    if (view.empty) return [head, make('div', 'ex-empty', view.empty)];
    const lead = make('p', 'ex-an-headline', view.headline);
    return [head, lead, table(view), ...(view.left ? [make('p', 'ex-note', view.left)] : [])];
  }

  function choices(view, root) {
    const chips = make('div', 'ex-chips');
    chips.setAttribute('role', 'group');
    chips.setAttribute('aria-label', 'document that is taken apart; ranks before and after');
    for (const one of view.choices) {
      const chip = make('button', 'ex-chip');
      chip.type = 'button';
      chip.dataset.doc = one.doc_id;
      chip.setAttribute('aria-pressed', String(one.doc_id === view.doc_id));
      const [before, after] = one.ranks.map((rank) => rank ?? '–');
      chip.title = `${one.doc_id}: rank ${before} before, ${after} after; –: not among the passages shown`;
      chip.append(make('b', '', `${before} → ${after}`), make('span', 'ex-an-name', one.title));
      chip.addEventListener('click', () => { root.setAttribute('aria-busy', 'true'); api.emit('submit', {doc_id: one.doc_id}); });
      chips.append(chip);
    }
    return chips;
  }

  function table(view) {
    const grid = make('table', 'ex-an-sentences');
    const head = make('tr');
    head.append(column('', 'ex-an-number'), column('sentence'), ...view.systems.map((system) => systemHead(system, view)));
    const top = make('thead');
    top.append(head);
    const body = make('tbody');
    body.append(...view.sentences.map((sentence) => row(sentence, view)));
    grid.append(top, body);
    return grid;
  }

  function column(text, className = '') {
    const cell = make('th', className, text);
    cell.scope = 'col';
    return cell;
  }

  function systemHead(system, view) {
    const cell = column('', 'ex-an-system');
    cell.append(make('span', 'ex-role', system.role), make('strong', '', system.spec));
    if (system.refused) { cell.append(make('span', 'ex-note', system.refused)); return cell; }
    const place = system.rank ? `, rank ${system.rank}` : '';
    const score = make('span', 'ex-note', `${system.unit} ${system.score.toFixed(3)}${place} · full bar ${system.full.toFixed(3)}`);
    score.title = `${view.teach.score}; ${view.teach.bar}`;
    cell.append(score);
    if (system.cut) cell.append(make('span', 'ex-cut', 'the encoder reads only its beginning'));
    return cell;
  }

  function row(sentence, view) {
    const line = make('tr', sentence.evidence ? 'ex-an-evidence' : '');
    const number = make('th', 'ex-an-number', sentence.name);
    number.scope = 'row';
    const text = make('td', 'ex-an-sentence');
    text.append(make('span', '', sentence.text));
    if (sentence.evidence) {
      const mark = make('span', 'ex-relevant', '◆ evidence');
      mark.title = view.teach.evidence;
      text.append(' ', mark);
    }
    line.append(number, text, ...sentence.effects.map((effect, place) => change(effect, view.systems[place], view)));
    return line;
  }

  function change(effect, system, view) {
    const cell = make('td', 'ex-an-effect');
    cell.dataset.label = `${system.role}: ${system.spec}`;
    if (!effect) { cell.append(make('span', 'ex-note', 'cannot be asked')); return cell; }
    const still = Math.abs(effect.change) <= system.noise;
    const track = make('span', 'ex-track ex-sided');
    const bar = make('span', effect.change >= 0 ? 'ex-bar ex-helps' : 'ex-bar ex-harms');
    bar.style.width = still ? '0' : `${(50 * Math.abs(effect.change) / system.full).toFixed(1)}%`;
    track.append(bar);
    const value = make('span', 'ex-value', still ? '≈ 0' : `${effect.change < 0 ? '−' : '+'}${Math.abs(effect.change).toFixed(3)}`);
    cell.append(track, value);
    cell.title = `${system.unit} ${system.score.toFixed(3)} → ${effect.score.toFixed(3)} without it; ${view.teach.change}`;
    if (effect.moved && !still) {
      const moved = make('span', 'ex-note ex-an-moved', `rank ${system.rank ?? '–'} → ${effect.rank ?? 'none'} without it`);
      moved.title = view.teach.rank;
      cell.append(moved);
    }
    return cell;
  }

  return mountAnswersPart(host, api, 'ex-an', (view) => view.choices, fill);
}

function mountCosts(host, api) {
  function fill(view) {
    if (view.working) return [working(view.working)];
    const money = view.rows.some((row) => row.per_thousand !== null);
    const names = [['system', ''], ['p50 per query', 'p50'], ['', 'p50'], ['p95', 'p95'], ['against the slowest', 'ratio'], ['queries per hour', 'per_hour'], ['1,000 queries cost', 'per_thousand']];
    const grid = make('table', 'ex-an-costs');
    const head = make('tr');
    for (const [name, why] of names.slice(0, money ? 7 : 6)) {
      const cell = make(name ? 'th' : 'td', '', name);
      if (name) cell.scope = 'col';
      cell.title = view.teach[why] || '';
      head.append(cell);
    }
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
