// What is marked on a document wherever one is drawn: the spans that matter in its text, and its grade.

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

function gradeBadge(grade) {
  const judged = grade !== null && grade !== undefined;
  const badge = make('span', `ex-grade${grade > 0 ? ' ex-relevant' : ''}`, judged ? (grade > 0 ? `◆ gold ${grade}` : '○ useless') : '');
  badge.title = judged ? `judged with grade ${grade}` : 'unjudged';
  return judged ? term(badge, 'grade') : badge;
}
