// What each sentence of a document adds to its score under two systems. Needs answers_part.js; texts go through textContent.
// api: {get() -> view, onChange(callback) -> off, emit("submit", {doc_id})}. Returns its disposer.
function mountSentences(host, api) {
  function fill(view, root) {
    const head = make('header', 'ex-an-head');
    const what = make('p', 'ex-note', 'Each sentence of one document is dropped in turn and both systems score the rest again, live. What the score loses is what the sentence added.');
    head.append(term(make('h3', '', 'Leave one sentence out'), 'leave-one-out effect', view.teach), what, choices(view, root));
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
    term(score, 'whole document', view.teach);
    cell.append(score);
    if (system.cut) cell.append(term(make('span', 'ex-cut', 'the encoder reads only its beginning'), 'truncation'));
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
      term(mark, 'evidence', view.teach);
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
    cell.title = `${system.unit} ${system.score.toFixed(3)} → ${effect.score.toFixed(3)} without it; ${view.teach['leave-one-out effect']}`;
    if (effect.moved && !still) {
      const moved = make('span', 'ex-note ex-an-moved', `rank ${system.rank ?? '–'} → ${effect.rank ?? 'none'} without it`);
      term(moved, 'rank without it', view.teach);
      cell.append(moved);
    }
    return cell;
  }

  return mountAnswersPart(host, api, 'ex-an', (view) => view.choices, fill);
}
