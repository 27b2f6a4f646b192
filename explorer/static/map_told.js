// Answers to what the map asks come in a component of their own, so that none is lost when a new map arrives with it.
// api: {get() -> answer, onChange(callback) -> off}. Returns its disposer.
function mountTold(host, api) {
  return api.onChange(() => document.dispatchEvent(new CustomEvent('explorer-map-told', {detail: api.get()})));
}
