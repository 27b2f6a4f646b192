// What the renderers of Answers & cost share: a part of the page with its empty and error states, and a fact with its name.
// api: {get() -> view, onChange(callback) -> off}. Returns its disposer.
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
