// The one way text reaches the page: as text. Loaded before every renderer.
function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined && text !== null) node.textContent = text;
  return node;
}

// Marks a node with the term it shows: static/teach.js tells what that means; where it is not there, a tooltip does.
function term(node, name, taught) {
  node.dataset.term = name;
  if (taught && taught[name]) node.title = taught[name];
  return node;
}

// The term of a measure: nDCG@10 is nDCG@k, and AP@10 is AP. See ``family`` in explorer/views/terms.py.
function measureTerm(name) {
  const [family] = name.split('@');
  return ['nDCG', 'R', 'P'].includes(family) && name !== family ? `${family}@k` : family;
}
