// Training examples most like a query. Texts go through textContent.
// api: {get() -> {message} or {query, examples, teach}, onChange(callback) -> off}. Returns its disposer.
function mountKin(host, api) {
  const root = make('div', 'ex-kin');
  host.replaceChildren(root);

  function draw() {
    const view = api.get();
    if (!view || !view.examples) {
      const box = make('div', view && view.error ? 'ex-empty ex-error' : 'ex-empty', (view && view.message) || '');
      if (view && view.error) box.setAttribute('role', 'alert');
      box.hidden = !(view && view.message);
      root.replaceChildren(box);
      return;
    }
    const list = make('ol', 'ex-kin-list');
    list.append(...view.examples.map((one) => example(one, view.teach)));
    const none = make('div', 'ex-empty', 'This run learned from no query of the open collection.');
    root.replaceChildren(make('h3', '', 'Training examples most like this query'), make('p', 'ex-note', 'The nearest first, by the base encoder. Likeness is no cause: it says where to look first.'), view.examples.length ? list : none);
  }

  function example(one, teach) {
    const item = make('li', 'ex-kin-item');
    const line = make('p', 'ex-kin-query');
    const cosine = term(make('span', 'ex-figure', one.cosine.toFixed(3)), 'likeness', teach);
    line.append(cosine, make('strong', '', one.text), make('span', 'ex-note', one.query_id));
    const words = one.words.length ? `words in both: ${one.words.join(', ')}` : 'no word of five letters or more in both';
    const pairs = make('dl', 'ex-kin-pairs');
    pairs.append(...scored(`the teacher’s best of ${one.candidates}`, one.best), ...scored('its worst', one.worst));
    item.append(line, make('p', 'ex-note', words), pairs);
    return item;
  }

  function scored(name, doc) {
    const what = make('dd');
    const score = make('span', 'ex-figure', `${doc.score < 0 ? '−' : ''}${Math.abs(doc.score).toFixed(2)}`);
    what.append(score, make('b', '', doc.title || doc.doc_id), make('span', 'ex-kin-text', doc.text));
    return [make('dt', '', name), what];
  }

  const off = api.onChange(draw);
  draw();
  return () => { off(); root.remove(); };
}
