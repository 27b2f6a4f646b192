// The documents a map is about, or those that are chosen, as a list. ``acts``: {toggle(place), drop(), point(place, panel),
// travelled(event)}. Loaded before map.js.
function mapList(map, acts) {
  const list = make('div', 'ex-map-list');
  const count = make('span', 'ex-note');
  let title = null;
  const placeOf = (event) => event.target.closest('.ex-map-doc')?.dataset.place; // of the item under the mouse
  count.setAttribute('role', 'status');
  list.tabIndex = 0;
  list.addEventListener('keydown', onListKey);
  list.addEventListener('click', (event) => { const place = placeOf(event); if (place) acts.toggle(Number(place)); });
  list.addEventListener('pointermove', (event) => { const place = placeOf(event); if (place && acts.travelled(event)) acts.point(Number(place), null); });
  list.addEventListener('pointerleave', (event) => { if (acts.travelled(event)) acts.point(-1, null); });

  function shelf() {
    const box = make('section', 'ex-map-shelf');
    title = make('h3');
    const columns = make('p', 'ex-map-columns');
    columns.append(make('span', '', 'document'), ...['before', 'after'].map(column));
    box.append(title, columns, list);
    return box;
  }

  function column(role) {
    const name = make('span');
    name.append(term(make('span', '', 'rank'), 'map rank', map.view.teach), ' and ', term(make('span', '', 'cosine'), 'cosine', map.view.teach), ` ${role}`);
    return name;
  }

  function fill() {
    const docs = map.choice && map.choice.count ? map.choice.documents : map.view.listed;
    const some = docs.length < (map.choice ? map.choice.count : 0) ? `, the first ${docs.length} listed` : '';
    title.textContent = map.choice && map.choice.count ? `${mapMany(map.choice.count, 'document')} chosen${some}` : `${map.view.gold.length ? 'Gold and top' : 'Top'} ${map.view.k} of both systems`;
    list.setAttribute('aria-label', `${title.textContent}. Up and down point at a document in both maps, Space chooses it.`);
    const none = make('p', 'ex-empty', 'No document is judged relevant, and neither system found one.');
    list.replaceChildren(...(docs.length ? docs.map(item) : [none]));
    list.setAttribute('role', docs.length ? 'listbox' : 'group');
    list.removeAttribute('aria-multiselectable');
    if (docs.length) list.setAttribute('aria-multiselectable', 'true');
    list.removeAttribute('aria-activedescendant');
    tally();
  }

  function tally() {
    const chosen = chosenPlaces(map.points).length;
    count.textContent = chosen ? `${mapMany(chosen, 'document')} chosen${map.choice && map.choice.count === chosen ? ` · gold of ${mapMany(map.choice.queries, 'query', 'queries')}` : ''}` : 'Drag around documents, or shift-click them';
  }

  function item(doc) {
    const place = map.points.placeOf.get(doc.row);
    const node = make('div', 'ex-map-doc');
    node.id = `ex-map-doc-${doc.row}`;
    node.dataset.place = place;
    node.setAttribute('role', 'option');
    node.setAttribute('aria-selected', String(Boolean(map.points.mask[place])));
    const what = make('span', 'ex-map-what');
    const head = make('span', 'ex-top');
    head.append(make('span', doc.grade > 0 ? 'ex-grade ex-relevant' : 'ex-grade', doc.grade > 0 ? `◆ gold ${doc.grade}` : ''), make('b', '', doc.title || doc.doc_id), make('span', 'ex-id', doc.title ? doc.doc_id : ''));
    what.append(head, make('span', 'ex-text', doc.text));
    node.append(what, ...doc.systems.map((one) => make('span', 'ex-map-number', mapStanding(one))));
    return node;
  }

  function onListKey(event) {
    const nodes = [...list.querySelectorAll('.ex-map-doc')];
    const now = nodes.findIndex((node) => node.id === list.getAttribute('aria-activedescendant'));
    const steps = {ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: nodes.length - 1};
    if (event.key === ' ' && now >= 0) acts.toggle(Number(nodes[now].dataset.place));
    else if (event.key === 'Escape') acts.drop();
    else if (event.key in steps && nodes.length) {
      const node = nodes[Math.max(0, Math.min(nodes.length - 1, steps[event.key]))];
      list.setAttribute('aria-activedescendant', node.id);
      node.scrollIntoView({block: 'nearest'});
      acts.point(Number(node.dataset.place), null);
    } else return;
    event.preventDefault();
  }

  // What is chosen has changed.
  function chosen() {
    list.querySelectorAll('.ex-map-doc').forEach((node) => node.setAttribute('aria-selected', String(Boolean(map.points.mask[Number(node.dataset.place)]))));
    tally();
  }

  function pointedAt(place) {
    list.querySelectorAll('.ex-map-doc').forEach((node) => node.classList.toggle('ex-same', Number(node.dataset.place) === place));
  }

  return {shelf, fill, chosen, pointedAt, count};
}

function mapStanding(one) {
  return one.cosine === null ? one.label : `${one.label} · ${one.cosine.toFixed(3)}`;
}

function mapMany(count, one, more = `${one}s`) {
  return `${count.toLocaleString('en')} ${count === 1 ? one : more}`;
}
