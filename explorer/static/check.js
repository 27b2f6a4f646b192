// The check-up of a collection: counts, then findings, worst first. Text of documents and ids goes through textContent.
// api: {get() -> view, onChange(callback) -> off}. Returns its disposer.
function mountCheck(host, api) {
  const GLYPHS = {error: '✕', warning: '▲', note: '•'};
  const root = make('div', 'ex-check');
  host.replaceChildren(root);

  function draw() {
    const view = api.get();
    if (view && !view.findings && view.message === undefined) return root.replaceChildren();
    if (!view || !view.findings) {
      const box = make('div', view && view.error ? 'ex-empty ex-error' : 'ex-empty', (view && view.message) || 'Press Check to look for what would spoil a comparison.');
      if (view && view.error) box.setAttribute('role', 'alert');
      root.replaceChildren(box);
      return;
    }
    const counts = [['documents', view.documents], ['queries', view.queries], ['judged queries', view.judged], ...Object.entries(view.splits)];
    const numbers = make('dl', 'ex-numbers');
    for (const [name, count] of counts) {
      const box = make('div');
      const label = make('dt', '', name);
      if (name === 'judged queries') term(label, 'judged queries');
      if (name in view.splits) term(label, 'split');
      box.append(label, make('dd', '', count.toLocaleString('en')));
      numbers.append(box);
    }
    const none = make('div', 'ex-empty', 'Nothing was found that would spoil a comparison.');
    root.replaceChildren(numbers, ...(view.findings.length ? view.findings.map(finding) : [none]));
  }

  function finding(found) {
    const box = make('article', `ex-finding ex-finding-${found.level}`);
    const head = make('p', 'ex-finding-head');
    head.append(make('span', 'ex-severity', `${GLYPHS[found.level]} ${found.level}`), make('b', '', found.code), make('span', 'ex-count', found.count.toLocaleString('en')));
    const what = make('dl', 'ex-finding-body');
    for (const [name, text] of [['what follows', found.consequence], ['what to do', found.remedy]]) what.append(make('dt', '', name), make('dd', '', text));
    const examples = make('dd');
    for (const example of found.examples) examples.append(make('code', '', example));
    what.append(make('dt', '', found.count > found.examples.length ? `${found.examples.length} examples` : 'which'), examples);
    box.append(head, what);
    return box;
  }

  const off = api.onChange(draw);
  draw();
  return () => { off(); root.remove(); };
}
