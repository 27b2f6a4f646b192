// A renderer in a notebook's cell. What it draws and what is selected come from the kernel; what a reader does goes there.
// ``mount`` is the renderer's function; returns what anywidget asks of a module.
function connected(mount) {
  // JSON in gzip: a split of 50,000 queries is a fifth of its size so, and never seen by the notebook's own machinery.
  async function unpack(packed) {
    if (!packed || !packed.byteLength) return null;
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
    return JSON.parse(await new Response(stream).text());
  }

  function isDark() {
    const {jpThemeLight} = document.body.dataset; // JupyterLab and Notebook tell
    if (jpThemeLight !== undefined) return jpThemeLight === 'false';
    for (const node of [document.body, document.documentElement]) {
      if (node.matches('.dark, .vscode-dark, [data-theme="dark"], [theme="dark"]')) return true;
      if (node.matches('.light, .vscode-light, [data-theme="light"]')) return false;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches;
  }

  // Calls ``changed`` whenever the page may have become light or dark. Returns its disposer.
  function watchTheme(changed) {
    const attributes = new MutationObserver(changed);
    for (const node of [document.body, document.documentElement]) attributes.observe(node, {attributes: true});
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', changed);
    return () => { attributes.disconnect(); system.removeEventListener('change', changed); };
  }

  // While the cell lives, the static view that stands above it for readers without a kernel is hidden. By its style:
  // JupyterLab's own rule for outputs outweighs the attribute.
  function hideStatic(key, hidden) {
    for (const node of document.querySelectorAll(`[data-explorer="${CSS.escape(key)}"]`)) {
      (node.closest('.jp-OutputArea-child') || node).style.display = hidden ? 'none' : '';
    }
  }

  async function render({model, el}) {
    const [cell, notice, host] = [make('div', 'ex-cell'), make('p', 'ex-cell-notice'), make('div', 'ex-host')];
    const [draws, follows, hears] = [new Set(), new Set(), new Set()];
    const undo = [];
    let view = null;
    let turn = 0;
    notice.setAttribute('role', 'alert');
    cell.append(notice, host);
    el.classList.add('ex-notebook');
    el.replaceChildren(cell);

    function on(event, act) {
      model.on(event, act);
      undo.push(() => model.off(event, act));
    }

    function among(listeners) {
      return (listener) => { listeners.add(listener); return () => listeners.delete(listener); };
    }

    async function receive() {
      const mine = ++turn;
      const found = await unpack(model.get('_packed'));
      if (mine !== turn) return; // a newer view is on its way
      view = found;
      draws.forEach((draw) => draw());
      select();
    }

    function select() {
      follows.forEach((follow) => follow(model.get('_selected')));
    }

    function tell() {
      notice.textContent = model.get('_notice');
    }

    const api = {
      get: () => view,
      onChange: among(draws),
      onSelect: among(follows),
      onAnswer: among(hears),
      emit: (event, detail) => model.send({...detail, event}),
    };
    const dress = () => cell.classList.toggle('dark', isDark());
    dress();
    tell();
    undo.push(watchTheme(dress));
    await receive();
    undo.push(mount(host, api));
    select();
    on('change:_packed', receive);
    on('change:_selected', select);
    on('change:_notice', tell);
    on('msg:custom', (answer) => hears.forEach((hear) => hear(answer)));
    hideStatic(model.get('_key'), true);
    undo.push(() => hideStatic(model.get('_key'), false));
    return () => undo.reverse().forEach((step) => step());
  }

  return {render};
}
