// One query out of very many: a field whose choices are searched on the server as one types. Texts of queries reach the
// page through textContent and the field's value alone.
// api: {value() -> query_id, onChange(callback) -> off, set(query_id), label, ask({text, now}) -> Promise of {rows, count, of,
// now}}. Returns its disposer.
function mountQueryBox(host, api) {
  const PAUSE = 120; // milliseconds without a letter before the server is asked
  const id = `ex-queries-${Math.random().toString(36).slice(2)}`;
  const root = make('div', 'ex-query-box');
  const [label, input, list, said] = [make('label', '', api.label), make('input'), make('div', 'ex-query-list'), make('p', 'ex-note')];
  const popup = make('div', 'ex-query-popup');
  let shown = null; // the chosen query's row
  let rows = [];
  let at = -1; // place of the choice the keyboard points at
  let asked = 0; // number of the newest question: an older answer is dropped
  let timer = 0;

  Object.assign(input, {id: `${id}-input`, type: 'text', autocomplete: 'off', spellcheck: false, placeholder: 'No query'});
  for (const [name, value] of [['role', 'combobox'], ['aria-autocomplete', 'list'], ['aria-expanded', 'false'], ['aria-controls', id]]) input.setAttribute(name, value);
  label.htmlFor = input.id;
  list.id = id;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', api.label);
  said.setAttribute('role', 'status');
  popup.hidden = true;
  popup.append(list, said);
  root.append(label, input, popup);
  host.replaceChildren(root);

  async function ask(text) {
    const number = ++asked;
    const found = await api.ask({text, now: api.value() || ''}).catch(() => null);
    return number === asked ? found : null;
  }

  async function draw() {
    if (shown && shown.query_id === api.value() && popup.hidden) return;
    const found = await ask('');
    if (!found) return;
    shown = found.now;
    close();
  }

  function named(row) {
    return row ? `${row.text}  (${row.split})` : '';
  }

  async function open(text) {
    const found = await ask(text);
    if (!found) return;
    rows = found.rows;
    at = Math.max(0, rows.findIndex((row) => (text ? row.query_id !== api.value() : row.query_id === api.value())));
    const more = found.count > rows.length ? `, ${rows.length} of them listed` : '';
    said.textContent = text ? `${found.count.toLocaleString('en')} of ${found.of.toLocaleString('en')} queries match${more}` : `${found.of.toLocaleString('en')} queries${more}: type words of one, or its id`;
    list.replaceChildren(...rows.map(option));
    popup.hidden = false;
    input.setAttribute('aria-expanded', 'true');
    point(Math.min(at, rows.length - 1));
  }

  function option(row, place) {
    const node = make('div', 'ex-query-option');
    node.id = `${id}-${place}`;
    node.dataset.query = row.query_id;
    node.setAttribute('role', 'option');
    node.append(make('span', '', row.text), make('span', 'ex-note', `${row.query_id} · ${row.split}`));
    node.addEventListener('pointerdown', (event) => { event.preventDefault(); choose(row); });
    return node;
  }

  function point(place) {
    at = place;
    [...list.children].forEach((node, n) => node.setAttribute('aria-selected', String(n === at)));
    if (!list.children[at]) return input.removeAttribute('aria-activedescendant');
    input.setAttribute('aria-activedescendant', list.children[at].id);
    list.children[at].scrollIntoView({block: 'nearest'});
  }

  function choose(row) {
    shown = row;
    close();
    if (row.query_id !== api.value()) api.set(row.query_id);
  }

  function close() {
    clearTimeout(timer);
    asked += 1;
    popup.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
    input.value = named(shown);
    input.title = input.value;
  }

  function onKey(event) {
    const steps = {ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8};
    if (event.key in steps && popup.hidden) open('');
    else if (event.key in steps) point(Math.max(0, Math.min(rows.length - 1, at + steps[event.key])));
    else if (event.key === 'Enter') enter();
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
  }

  // Who types and presses Enter at once means the first match of what was typed, not of what was listed before.
  async function enter() {
    if (timer) await search();
    if (!popup.hidden && rows[at]) choose(rows[at]);
  }

  async function search() {
    clearTimeout(timer);
    timer = 0;
    await open(input.value.trim());
  }

  input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(search, PAUSE); });
  input.addEventListener('keydown', onKey);
  input.addEventListener('focus', () => input.select());
  input.addEventListener('click', () => { if (popup.hidden) open(''); });
  input.addEventListener('blur', close);
  const off = api.onChange(draw);
  draw();
  return () => { off(); clearTimeout(timer); root.remove(); };
}
