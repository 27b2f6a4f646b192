// Mixing and measuring a whole split in the browser. The arithmetic is that of supervision/mixing.py and of trec_eval; NaN is "absent" (unscored, unjudged, not retrieved).

// Between 0 and 1; a constant list is 0.5 throughout. Both scales leave absent values absent.
function minmaxScale(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) { if (value < low) low = value; if (value > high) high = value; }
  return values.map((value) => (Number.isNaN(value) ? NaN : high > low ? (value - low) / (high - low) : 0.5));
}

// Mean 0, standard deviation 1; a constant list is 0 throughout.
function zscoreScale(values) {
  const there = values.filter((value) => !Number.isNaN(value));
  const mean = there.reduce((sum, value) => sum + value, 0) / there.length;
  const deviation = Math.sqrt(there.reduce((sum, value) => sum + (value - mean) ** 2, 0) / there.length);
  return values.map((value) => (Number.isNaN(value) ? NaN : deviation > 1e-12 ? (value - mean) / deviation : 0));
}

// What a mix is weighed from: [[part, its values after `scale`], ...] of one query, over the documents every part scored.
// A part that scored nothing is left out. Weights do not matter here, so that a slider has nothing of this to do again.
function scaleShared(columns, scale) {
  const there = columns.map((values, part) => [part, values]).filter(([, values]) => !values.every(Number.isNaN));
  if (!there.length) return [];
  const absent = there[0][1].map((_, n) => (there.some(([, values]) => Number.isNaN(values[n])) ? NaN : 0));
  return there.map(([part, values]) => [part, scale(values.map((value, n) => value + absent[n]))]);
}

// The mean of scaled parts by weights above 0; null where there is no part.
function weigh(scaled, weights) {
  if (!scaled.length) return null;
  const mixed = new Float64Array(scaled[0][1].length);
  let total = 0;
  for (const [part, values] of scaled) {
    total += weights[part];
    for (let n = 0; n < mixed.length; n += 1) mixed[n] += weights[part] * values[n];
  }
  return mixed.map((value) => value / total);
}

// Places of the scored candidates, best first. Candidates come by doc_id descending, which settles ties.
function orderOf(scores) {
  const places = [];
  for (let n = 0; n < scores.length; n += 1) if (!Number.isNaN(scores[n])) places.push(n);
  return places.sort((a, b) => scores[b] - scores[a] || a - b);
}

// Discounted gain of grades in the order they are read, within rank 10.
function gainOf(grades) {
  let gain = 0;
  for (let rank = 0; rank < Math.min(10, grades.length); rank += 1) if (grades[rank] > 0) gain += grades[rank] / Math.log2(rank + 2);
  return gain;
}

// [nDCG@10, AP, R@1] of one query as trec_eval has them. `grades`: of the candidates; `ideal`: every positive grade, descending.
function measuresOf(order, grades, ideal) {
  if (!ideal.length) return [0, 0, 0];
  let [found, precision] = [0, 0];
  order.forEach((place, rank) => {
    if (!(grades[place] > 0)) return;
    found += 1;
    precision += found / (rank + 1);
  });
  const first = order.length && grades[order[0]] > 0 ? 1 : 0;
  return [gainOf(order.slice(0, 10).map((place) => grades[place])) / gainOf(ideal), precision / ideal.length, first / ideal.length];
}

// The split as typed columns, with what is asked of them.
function teachersMatrix(view) {
  const column = (values) => Float64Array.from(values, (value) => (value === null ? NaN : value));
  const slices = (values) => view.queries.map((_, n) => values.subarray(view.starts[n], view.starts[n + 1]));
  const filled = (values, fill) => values.map((value) => (Number.isNaN(value) ? fill : value));
  const retriever = slices(column(view.retriever));
  const teachers = Object.fromEntries(view.teachers.map((one) => [one.name, slices(column(one.values))]));
  // what the baseline missed stands at its lowest score, and in a fusion what nobody judged has grade 0
  const floors = retriever.map((own) => filled(own, own.reduce((low, value) => (value < low ? value : low), Infinity)));
  const columns = {...teachers, gold: teachers.gold.map((own) => filled(own, 0))};
  const scaled = new Map(); // which parts, under which scale -> scaleShared of every query

  // {order, values} of every query, null where nothing was scored
  function measured(scoresOf) {
    return view.queries.map((_, n) => {
      const scores = scoresOf(n);
      const order = scores ? orderOf(scores) : [];
      return order.length ? {order, values: measuresOf(order, teachers.gold[n], view.ideal[n])} : null;
    });
  }

  function blend(key, columnOf, names, weights, scale) {
    const used = names.map((name, n) => [name, weights[n]]).filter(([, weight]) => weight > 0);
    const whole = [key, ...used.map(([name]) => name)].join('\n');
    if (!scaled.has(whole)) scaled.set(whole, view.queries.map((_, n) => scaleShared(used.map(([name]) => columnOf(name, n)), scale)));
    return (n) => weigh(scaled.get(whole)[n], used.map(([, weight]) => weight));
  }

  // The scores of each mix: query number -> column, null where there is nothing to mix.
  const radioScores = (name, lambda) => blend(`radio ${name}`, (part, n) => (part === name ? teachers[name][n] : onlyWhere(teachers[name][n], floors[n])), [name, 'retriever'], [lambda, 1 - lambda], minmaxScale);
  const fusionScores = (names, weights) => blend('fusion', (name, n) => columns[name][n], names, weights, zscoreScale);

  // RADIO mixes the documents the rationale scored, and no others.
  function onlyWhere(scores, values) {
    return values.map((value, n) => (Number.isNaN(scores[n]) ? NaN : value));
  }

  return {
    radioScores,
    fusionScores,
    baseline: () => measured((n) => retriever[n]),
    alone: (name) => measured((n) => columns[name][n]),
    radio: (name, lambda) => measured(radioScores(name, lambda)),
    fusion: (names, weights) => measured(fusionScores(names, weights)),
  };
}

// Means of each measure over the queries that were ranked, and of their changes against `base`.
function meansOf(rows, base) {
  const ranked = rows.map((row, n) => [row, base[n]]).filter(([row]) => row);
  const over = (pick) => (ranked.length ? ranked.reduce((sum, pair) => sum + pick(pair), 0) / ranked.length : NaN);
  return {
    queries: ranked.length,
    values: [0, 1, 2].map((m) => over(([row]) => row.values[m])),
    changes: [0, 1, 2].map((m) => over(([row, own]) => row.values[m] - (own ? own.values[m] : 0))),
  };
}
