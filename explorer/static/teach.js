// The "teach me" layer: while it is on, every number and heading with a known term is underlined, and pointing at one, focusing
// it or tapping it tells in one sentence what it means and where that comes from. Escape closes, and ? goes through the terms
// inside what has the focus, such as a card or a row. Whether it is on is remembered by the browser.
// api: {get() -> {terms: {name: [sentence, source]}}}. Returns its disposer.
function mountTeach(host, api) {
  const KEPT = 'explorer-teach';
  const WAIT = 200; // milliseconds in which the mouse may travel from a term to its sentence
  const ACTIVE = 'a, button, input, select, textarea, summary, label, [role="option"], [role="button"], [role="img"], [aria-hidden="true"]';
  const {terms} = api.get();
  const toggle = make('button', 'ex-teach-toggle', 'Teach me');
  const panel = make('div', 'ex-teach-panel');
  let shown = null; // the node whose term is told
  let titled = ''; // its tooltip, which is told in the panel instead
  let timer = 0;
  let due = 0;

  toggle.type = 'button';
  toggle.title = 'explains every underlined number and word; ? goes through those inside a card or a row';
  panel.id = 'ex-teach-panel';
  panel.setAttribute('role', 'tooltip');
  panel.hidden = true;
  host.replaceChildren(toggle);
  (host.closest('.contain') || document.body).append(panel); // where Gradio lets rules on media reach

  const isOn = () => toggle.getAttribute('aria-pressed') === 'true';

  function turn(on) {
    toggle.setAttribute('aria-pressed', String(on));
    hide();
    if (on) mark();
    else for (const node of document.querySelectorAll('[data-taught]')) unmark(node);
  }

  // Terms that were drawn since. What lies in a button, a row or a picture is reached through that, not by Tab.
  function mark() {
    due = 0;
    if (shown && !shown.isConnected) hide();
    if (!isOn()) return;
    for (const node of document.querySelectorAll('[data-term]:not([data-taught])')) {
      if (!terms[node.dataset.term]) continue;
      node.dataset.taught = '';
      if (!node.closest(ACTIVE)) node.tabIndex = 0;
    }
  }

  function unmark(node) {
    delete node.dataset.taught;
    if (!node.matches(ACTIVE)) node.removeAttribute('tabindex');
  }

  function show(node, described = node) {
    clearTimeout(timer);
    if (node === shown) return;
    hide();
    const name = node.dataset.term;
    const [sentence, source] = terms[name];
    shown = node;
    titled = node.title;
    node.removeAttribute('title');
    const here = titled && titled !== sentence ? [make('span', 'ex-teach-here', titled)] : [];
    panel.replaceChildren(make('strong', '', name), ...here, make('span', '', sentence), make('small', '', `Source: ${source}`));
    panel.hidden = false;
    described.setAttribute('aria-describedby', panel.id);
    place();
  }

  function place() {
    if (!shown) return;
    const box = shown.getBoundingClientRect();
    if (box.bottom < 0 || box.top > innerHeight) return hide();
    const below = box.bottom + 6 + panel.offsetHeight < innerHeight;
    panel.style.left = `${Math.max(8, Math.min(innerWidth - panel.offsetWidth - 8, box.left))}px`;
    panel.style.top = `${below ? box.bottom + 6 : Math.max(8, box.top - panel.offsetHeight - 6)}px`;
  }

  function hide() {
    clearTimeout(timer);
    if (!shown) return;
    if (titled) shown.title = titled;
    for (const node of document.querySelectorAll(`[aria-describedby="${panel.id}"]`)) node.removeAttribute('aria-describedby');
    shown = null;
    panel.hidden = true;
  }

  const termAt = (node) => (node instanceof Element && isOn() ? node.closest('[data-taught]') : null);

  function onOver(event) {
    const node = termAt(event.target);
    if (node) show(node);
    else if (panel.contains(event.target)) clearTimeout(timer);
  }

  function onOut(event) {
    if (!shown || event.pointerType === 'touch' || shown.contains(event.relatedTarget)) return;
    clearTimeout(timer);
    timer = setTimeout(() => { if (!shown?.contains(document.activeElement)) hide(); }, WAIT);
  }

  // A slider has its term in its label.
  function onFocus(event) {
    const node = termAt(event.target) || (isOn() && event.target.matches(':focus-visible') && event.target.closest('label')?.querySelector('[data-taught]'));
    if (node) show(node, event.target);
    else hide();
  }

  function onClick(event) {
    if (!termAt(event.target) && !panel.contains(event.target)) hide();
  }

  function onKey(event) {
    if (event.key === 'Escape' && shown) {
      hide();
      event.stopPropagation();
    } else if (event.key === '?' && isOn() && !event.target.matches('input, textarea, select')) next(event.target);
  }

  // The next term inside what has the focus, each once.
  function next(holder) {
    const inside = [...holder.querySelectorAll('[data-taught]')];
    const each = inside.filter((node, n) => inside.findIndex((other) => other.dataset.term === node.dataset.term) === n);
    if (each.length) show(each[(each.indexOf(shown) + 1) % each.length], holder);
  }

  function kept() {
    try { return localStorage.getItem(KEPT) === 'on'; } catch { return false; } // storage may be forbidden
  }

  function keep() {
    try { localStorage.setItem(KEPT, isOn() ? 'on' : 'off'); } catch { /* then it is off at the next visit */ }
  }

  toggle.addEventListener('click', () => { turn(!isOn()); keep(); });
  const listeners = [['pointerover', onOver], ['pointerout', onOut], ['focusin', onFocus], ['click', onClick], ['keydown', onKey], ['scroll', place]];
  for (const [event, act] of listeners) document.addEventListener(event, act, true);
  const drawn = new MutationObserver(() => { if (!due) due = requestAnimationFrame(mark); });
  drawn.observe(document.body, {childList: true, subtree: true});
  turn(kept());
  return () => {
    turn(false);
    for (const [event, act] of listeners) document.removeEventListener(event, act, true);
    drawn.disconnect();
    cancelAnimationFrame(due);
    toggle.remove();
    panel.remove();
  };
}
