// One document of a ranking: rank, move, score as a percentile, grade, its text with the marks of rationale and evidence, and
// the teacher's score. Text reaches the page through textContent alone.
function makeCard(doc, column, scores) {
  const LEAD = 120; // characters that may stand before a mark

  function draw() {
    const item = make('li', 'ex-item');
    const card = make('button', `ex-card${doc.grade > 0 ? ' ex-gold' : ''}`);
    card.type = 'button';
    card.dataset.doc = doc.doc_id;
    card.dataset.column = column.key;
    const top = make('span', 'ex-top');
    top.append(make('span', 'ex-rank', doc.rank), move(), make('span', 'ex-id', doc.doc_id), ...percentile(), ...coverage(), gradeBadge(doc.grade));
    card.append(top);
    if (doc.title) card.append(marked(make('strong', 'ex-title'), doc.title, doc.spans.title, []));
    card.append(...placed(passage()));
    if (doc.cut) card.append(term(make('span', 'ex-cut', column.role === 'teacher' ? 'the reader saw only its beginning' : 'the encoder reads only its beginning'), 'truncation'));
    if (doc.teacher_score !== null && doc.teacher_score !== undefined) card.append(score());
    item.append(card);
    return item;
  }

  // A card shows three lines: what comes long before the evidence, or before the weightiest mark, is folded away until
  // the card is selected.
  function passage() {
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
  function placed(text) {
    if (!doc.place) return [text];
    const {source, start, end, before, after} = doc.place;
    const where = make('span', 'ex-place', `characters ${start.toLocaleString('en')}–${end.toLocaleString('en')} of ${source}`);
    return [where, ...(before ? [make('span', 'ex-around', before)] : []), text, ...(after ? [make('span', 'ex-around', after)] : [])];
  }

  // Two systems never share an axis: a score is told against the scores the same system usually gives.
  function percentile() {
    if (doc.percentile === null || doc.percentile === undefined) return [];
    const badge = term(make('span', 'ex-percentile', `p${Math.round(doc.percentile)}`), 'percentile');
    badge.title = `score ${doc.score.toFixed(3)}: higher than ${doc.percentile.toFixed(1)} % of the scores ${column.title} gave to its first documents for other queries`;
    return [badge];
  }

  function coverage() {
    if (doc.coverage === null || doc.coverage === undefined) return [];
    const share = term(make('span', 'ex-coverage', `covers ${Math.round(100 * doc.coverage)} %`), 'coverage');
    share.title = 'share of the rationale’s words that occur in this document';
    return [share];
  }

  function move() {
    const words = {up: `up from rank ${doc.from}`, down: `down from rank ${doc.from}`, new: 'not in the baseline’s view', same: 'same rank as the baseline'};
    const badge = make('span', `ex-move ex-${doc.move || 'none'}`, doc.move_label);
    if (words[doc.move]) { term(badge, 'move'); badge.title = words[doc.move]; badge.setAttribute('aria-label', words[doc.move]); }
    return badge;
  }

  function score() {
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

  return draw();
}

function scoreTerm(scores) {
  return scores.teacher === 'utility' ? 'utility' : 'teacher\'s score';
}
