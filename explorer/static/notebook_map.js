// The map in a notebook's cell: what it asks is answered by the kernel.
function mountNotebookMap(host, api) {
  let answer = null;
  const off = mountTold(host, {get: () => answer, onChange: (told) => api.onAnswer((value) => { answer = value; told(); })});
  const dispose = mountMap(host, api);
  return () => { off(); dispose(); };
}
