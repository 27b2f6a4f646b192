// What is to be said of one field, under it: a problem, or what was found. The field itself is marked for screen readers.
// api: {get() -> {said, tone: "problem" | "found" | "note", of: id of the field's element, items?}, onChange(callback) -> off}.
function mountField(host, api) {
  const root = make('div', 'ex-field');
  host.replaceChildren(root);
  root.id = `ex-field-${Math.random().toString(36).slice(2)}`;

  function draw() {
    const view = api.get();
    const said = (view && view.said) || '';
    const problem = said && view.tone === 'problem';
    root.className = `ex-field ex-field-${(view && view.tone) || 'note'}`;
    root.hidden = !said;
    if (problem) root.setAttribute('role', 'alert');
    else root.removeAttribute('role');
    root.replaceChildren(...(said ? [make('p', '', said)] : []), ...details(view));
    const inputs = view && view.of ? document.querySelectorAll(`#${view.of} input, #${view.of} textarea`) : [];
    for (const input of inputs) {
      input.setAttribute('aria-invalid', String(Boolean(problem)));
      if (said) input.setAttribute('aria-describedby', root.id);
      else input.removeAttribute('aria-describedby');
    }
  }

  function details(view) {
    if (!view || !view.items || !view.items.length) return [];
    const box = make('details');
    const list = make('ul');
    list.append(...view.items.map((item) => make('li', '', item)));
    box.append(make('summary', '', 'Which ones?'), list);
    return [box];
  }

  const off = api.onChange(draw);
  draw();
  return () => { off(); root.remove(); };
}
