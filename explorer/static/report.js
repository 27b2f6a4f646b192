// In a report the app's renderer takes the place of each shown query's plain list; printing opens what is folded.
(function () {
  const views = JSON.parse(document.getElementById('views').textContent);
  for (const host of document.querySelectorAll('.rp-host')) {
    const view = views[host.dataset.query];
    if (view) mountCompare(host, {get: () => view, onChange: () => () => {}, emit: () => {}});
  }
  window.addEventListener('beforeprint', () => {
    for (const folded of document.querySelectorAll('details')) folded.open = true;
  });
})();
