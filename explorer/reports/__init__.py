"""A comparison as one HTML file that asks nobody for anything: readable without JavaScript, better with it.

Python writes everything a reader needs as plain markup; with JavaScript the app's own renderer takes the place of each
shown query. The content policy allows this page's own script and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from explorer import views
from explorer.files import atomic_file
from explorer.reports.parts import details, examples, summary
from explorer.views import scripts
from explorer.workbench import Workbench


def report(
    bench: Workbench | str,
    a: str,
    b: str,
    path: Path | str,
    *,
    split: str = "test",
    measure: str = "nDCG@10",
) -> Path:
    """Compares two systems over a split in one HTML file, which asks nobody for anything, and returns its path.

    ``bench`` is a workbench from ``ex.open``, or a collection's spec. The verdict comes first, then the clearest wins and
    losses, then every query.

    Errors: ExplorerError for systems, splits or measures that are unknown, and for a folder that cannot be written.

    >>> ex.report(bench, "dense:minilm", "student:a1", "report.html")
    """
    opened = Workbench.open(bench) if isinstance(bench, str) else bench
    write(views.report(opened, a, b, split, measure), Path(path))
    return Path(path)


def write(view: Mapping[str, Any], path: Path) -> None:
    """Writes the record of ``explorer.views.report`` as HTML."""
    with atomic_file(path) as part:
        part.write_text(page(view), encoding="utf-8", errors="replace")


def page(view: Mapping[str, Any]) -> str:
    script = scripts.script("compare.js", "report.js")
    style = "".join(
        (scripts.STATIC / name).read_text(encoding="utf-8") for name in ("explorer.css", "compare.css", "report.css")
    )
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    shown = {row["query_id"]: row["view"] for row in [*view["wins"], *view["losses"]]}
    title = f"{view['b']} against {view['a']} · {view['collection']}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head><body><main>"
        f"{summary(view)}{examples(view)}{details(view)}</main>"
        f'<script type="application/json" id="views">{_data(shown)}</script>'
        f"<script>{script}</script></body></html>\n"
    )


def _data(value: Any) -> str:
    """JSON that cannot end its element or begin a comment, whatever the texts hold."""
    text = json.dumps(value, ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
