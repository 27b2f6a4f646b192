// Queries by signed change between two systems: the verdict, a histogram, failure classes and the list, all linked.
// No framework; texts reach the page through textContent alone. Rows are drawn only while they are in view.
// api: {get() -> view, onChange(callback) -> off, emit("submit", {query_id}), emit("drop"), onSelect?(callback) -> off}.
// Returns its disposer.
function mountFlips(host, api) {
  const ROW = 52; // pixels
  const own = `ex-row-${Math.random().toString(36).slice(2, 8)}`; // ids of rows: a notebook may hold several lists
  const root = make('div', 'ex-flips');
  host.replaceChildren(root);
  let view = null;
  let shown = []; // rows that pass the filters
  let at = 0; // place of the chosen row in `shown`
  const filters = {text: '', classes: new Set(), bin: null, hops: '', within: null};
  let list = null;
  let count = null;
  let among = null; // holds the filter of the queries to stay among
  let followed = ''; // those queries, as they were last told from elsewhere

  function draw() {
    view = api.get();
    filters.bin = null;
    filters.classes.clear();
    filters.text = '';
    filters.hops = '';
    filters.within = view && view.within && view.within.length ? new Set(view.within) : null;
    followed = '';
    at = 0;
    if (!view || !view.queries) {
      const box = make('div', view && view.error ? 'ex-empty ex-error' : 'ex-empty', (view && view.message) || 'Comparing …');
      if (view && view.error) box.setAttribute('role', 'alert');
      root.replaceChildren(box);
      list = null;
      return;
    }
    among = make('div', 'ex-among');
    among.append(...fromMap());
    root.replaceChildren(verdict(), board(), among, tools(), rows());
    filter();
  }

  // What was selected elsewhere: queries to stay among, and one to stand at, for which filters that hide it are dropped.
  function follow(selected) {
    if (!list || !selected) return;
    const within = selected.within || [];
    if (within.join('\n') !== followed) {
      followed = within.join('\n');
      filters.within = within.length ? new Set(within) : null;
      among.replaceChildren(...fromMap());
      filter();
    }
    const find = () => shown.findIndex((row) => row.query_id === selected.query_id);
    if (!view.queries.some((row) => row.query_id === selected.query_id)) return;
    if (find() < 0) draw();
    if (find() !== at) choose(find());
  }

  function verdict() {
    const d = view.difference;
    const box = make('header', `ex-verdict ex-verdict-${{better: 'better', worse: 'worse'}[view.verdict] || 'open'}`);
    const line = make('p', 'ex-verdict-line');
    const values = term(make('span', '', `${view.measure} ${d.mean_a.toFixed(3)} → ${d.mean_b.toFixed(3)} on ${view.queries.length.toLocaleString('en')} queries`), measureTerm(view.measure));
    values.title = view.teach[view.measure] || '';
    line.append(make('strong', '', view.headline), values);
    const facts = make('p', 'ex-facts');
    const pairs = [['change', signed(d.delta)], ['95 % interval', `${signed(d.ci95[0])} to ${signed(d.ci95[1])}`], ['p', d.p.toFixed(4)],
      ['better · same · worse', `${d.wins} · ${d.ties} · ${d.losses}`], ['unjudged', view.unjudged], ['unmatched', view.unmatched]];
    for (const [name, value] of pairs) {
      const fact = term(make('span', 'ex-fact'), name, view.teach);
      fact.append(make('b', '', name), make('span', '', value));
      facts.append(fact);
    }
    box.append(line, facts);
    return box;
  }

  function board() {
    const box = make('div', 'ex-board');
    box.append(histogram(), classes());
    return box;
  }

  function histogram() {
    const box = make('section', 'ex-histogram');
    box.append(term(make('h3', '', `Change of ${view.measure}`), 'change', view.teach));
    const bars = make('div', 'ex-bars');
    const highest = Math.sqrt(Math.max(1, ...view.histogram.map((bin) => bin.count)));
    view.histogram.forEach((bin, place) => {
      const kind = bin.to > 0 ? 'up' : bin.from < 0 ? 'down' : 'same';
      const bar = make('button', `ex-bin ex-bin-${kind}`);
      bar.type = 'button';
      bar.disabled = !bin.count;
      bar.setAttribute('aria-pressed', 'false');
      bar.setAttribute('aria-label', `${bin.count} queries changed by ${signed(bin.from)} to ${signed(bin.to)}`);
      bar.title = bar.getAttribute('aria-label');
      const fill = make('span', 'ex-bin-fill');
      fill.style.height = `${(100 * Math.sqrt(bin.count) / highest).toFixed(1)}%`;
      bar.append(make('span', 'ex-bin-count', bin.count || ''), fill);
      bar.addEventListener('click', () => {
        filters.bin = filters.bin === place ? null : place;
        bars.querySelectorAll('.ex-bin').forEach((other, n) => other.setAttribute('aria-pressed', String(n === filters.bin)));
        filter();
      });
      bars.append(bar);
    });
    const axis = make('p', 'ex-axis');
    axis.append(make('span', '', '−1'), make('span', '', 'no change'), make('span', '', '+1'));
    box.append(bars, axis);
    return box;
  }

  function classes() {
    const box = make('section', 'ex-classes');
    box.append(make('h3', '', 'Why queries fail'));
    const chips = make('div', 'ex-chips');
    for (const one of view.classes) {
      const chip = term(make('button', 'ex-chip'), one.name);
      chip.type = 'button';
      chip.disabled = !one.count;
      chip.title = one.what;
      chip.setAttribute('aria-pressed', 'false');
      chip.append(make('span', '', one.name), make('b', '', one.count));
      chip.addEventListener('click', () => {
        filters.classes.has(one.name) ? filters.classes.delete(one.name) : filters.classes.add(one.name);
        chip.setAttribute('aria-pressed', String(filters.classes.has(one.name)));
        filter();
      });
      chips.append(chip);
    }
    box.append(chips);
    return box;
  }

  // The queries chosen on the Map, as a filter that can be dropped; the page, which remembers them, is told.
  function fromMap() {
    if (!filters.within) return [];
    const box = make('p', 'ex-chips');
    const here = view.queries.filter((row) => filters.within.has(row.query_id)).length;
    const size = filters.within.size;
    const chip = make('button', 'ex-chip', `${size} ${size === 1 ? 'query' : 'queries'} chosen on the Map${here < size ? `, ${here} of them in this split` : ''} ✕`);
    chip.type = 'button';
    chip.setAttribute('aria-label', `${chip.textContent.slice(0, -2)}: drop this filter`);
    chip.setAttribute('aria-pressed', 'true');
    chip.addEventListener('click', () => {
      filters.within = null;
      box.remove();
      filter();
      root.dispatchEvent(new CustomEvent('explorer-drop-within', {bubbles: true}));
      api.emit('drop', {});
    });
    box.append(chip);
    return [box];
  }

  function tools() {
    const box = make('div', 'ex-tools');
    const text = make('input', 'ex-search');
    text.type = 'search';
    text.placeholder = 'Filter by words, id or scope';
    text.setAttribute('aria-label', 'filter queries');
    text.addEventListener('input', () => { filters.text = text.value.trim().toLowerCase(); filter(); });
    const hops = make('select', 'ex-hops');
    hops.setAttribute('aria-label', 'hops');
    const known = [...new Set(view.queries.map((row) => row.hops))].sort();
    for (const [value, name] of [['', 'any number of hops'], ...known.map((n) => [String(n), n === 1 ? '1 hop' : `${n} hops`])]) {
      const option = make('option', '', name);
      option.value = value;
      hops.append(option);
    }
    hops.addEventListener('change', () => { filters.hops = hops.value; filter(); });
    count = make('span', 'ex-note');
    count.setAttribute('aria-live', 'polite');
    box.append(text, ...(known.length > 1 ? [hops] : []), count);
    return box;
  }

  function rows() {
    list = make('div', 'ex-rows');
    list.tabIndex = 0;
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', 'queries, the largest gain first');
    list.append(make('div', 'ex-rows-all'));
    list.addEventListener('scroll', paint, {passive: true});
    list.addEventListener('keydown', onKey);
    list.addEventListener('click', onClick);
    return list;
  }

  function filter() {
    const bin = filters.bin === null ? null : view.histogram[filters.bin];
    shown = view.queries.filter((row) => {
      if (filters.within && !filters.within.has(row.query_id)) return false;
      if (filters.hops && String(row.hops) !== filters.hops) return false;
      if (bin && !within(row.delta, bin)) return false;
      for (const name of filters.classes) if (!row.classes.includes(name)) return false;
      return !filters.text || `${row.query_id} ${row.scope} ${row.text}`.toLowerCase().includes(filters.text);
    });
    at = Math.min(at, Math.max(0, shown.length - 1));
    count.textContent = `${shown.length.toLocaleString('en')} of ${view.queries.length.toLocaleString('en')} queries · ${view.enter || 'Enter opens one in Compare'}`;
    list.firstChild.style.height = `${shown.length * ROW}px`;
    paint();
  }

  function within(delta, bin) {
    if (bin.from === 0 && bin.to === 0) return delta === 0;
    return bin.to > 0 ? delta > bin.from + 1e-9 && delta <= bin.to + 1e-9 : delta < bin.to - 1e-9 && delta >= bin.from - 1e-9;
  }

  function paint() {
    const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 5);
    const last = Math.min(shown.length, first + Math.ceil((list.clientHeight || 480) / ROW) + 10);
    const all = list.firstChild;
    list.setAttribute('role', shown.length ? 'listbox' : 'group');
    if (!shown.length) {
      all.replaceChildren(make('div', 'ex-empty', nothing()));
      return;
    }
    all.replaceChildren(...shown.slice(first, last).map((row, n) => drawRow(row, first + n)));
    list.setAttribute('aria-activedescendant', `${own}-${at}`);
  }

  function nothing() {
    const elsewhere = filters.within && !view.queries.some((row) => filters.within.has(row.query_id));
    return elsewhere ? 'None of the queries chosen on the Map is in this split. Choose another split above, or drop the filter.' : 'No query passes these filters.';
  }

  function drawRow(row, place) {
    const item = make('div', 'ex-row');
    item.id = `${own}-${place}`;
    item.setAttribute('role', 'option');
    item.setAttribute('aria-selected', String(place === at));
    item.setAttribute('aria-posinset', place + 1);
    item.setAttribute('aria-setsize', shown.length);
    item.dataset.place = place;
    item.style.top = `${place * ROW}px`;
    const change = make('span', `ex-change ${row.delta > 0 ? 'ex-up' : row.delta < 0 ? 'ex-down' : ''}`);
    change.append(make('b', '', row.delta ? signed(row.delta) : '='), bar(row.delta));
    const ranks = term(make('span', 'ex-ranks', `${row.rank_a ?? '–'} → ${row.rank_b ?? '–'}`), 'first relevant', view.teach);
    const what = make('span', 'ex-what');
    what.append(make('span', 'ex-question', row.text), tags(row.classes));
    item.append(change, ranks, what);
    return item;
  }

  function tags(classes) {
    const line = make('span', 'ex-tags');
    classes.forEach((name, n) => line.append(n ? ' · ' : '', term(make('span', '', name), name)));
    return line;
  }

  function bar(delta) {
    const track = make('span', 'ex-track ex-sided');
    const fill = make('span', delta >= 0 ? 'ex-bar ex-helps' : 'ex-bar ex-harms');
    fill.style.width = `${(50 * Math.min(1, Math.abs(delta))).toFixed(1)}%`;
    track.append(fill);
    return track;
  }

  function choose(place) {
    at = Math.max(0, Math.min(shown.length - 1, place));
    if (at * ROW < list.scrollTop) list.scrollTop = at * ROW;
    if ((at + 1) * ROW > list.scrollTop + list.clientHeight) list.scrollTop = (at + 1) * ROW - list.clientHeight;
    paint();
  }

  function open() {
    if (shown[at]) api.emit('submit', {query_id: shown[at].query_id});
  }

  function onKey(event) {
    const page = Math.max(1, Math.floor(list.clientHeight / ROW) - 1);
    const steps = {ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: shown.length - 1};
    if (event.key in steps) choose(steps[event.key]);
    else if (event.key === 'Enter') open();
    else return;
    event.preventDefault();
  }

  function onClick(event) {
    const row = event.target.closest('.ex-row');
    if (!row) return;
    choose(Number(row.dataset.place));
    open();
  }

  function signed(value) {
    return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
  }

  const off = api.onChange(draw);
  const unfollow = api.onSelect ? api.onSelect(follow) : () => {};
  draw();
  return () => { off(); unfollow(); root.remove(); };
}
