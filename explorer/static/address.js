// Keeps the address of the page in step with what it shows, so that a link shows the same to somebody else.
// api: {get() -> {search}, onChange(callback) -> off}. Returns its disposer.
function mountAddress(host, api) {
  function write() {
    const view = api.get();
    if (view && typeof view.search === 'string') history.replaceState(null, '', location.pathname + (view.search ? `?${view.search}` : ''));
  }
  return api.onChange(write);
}
