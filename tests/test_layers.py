"""Imports run downward only, and siblings of one row never import each other."""

import ast
from pathlib import Path

ROWS = [
    {"app", "widgets", "cli", "reports"},
    {"views", "figures", "benches"},
    {"workbench", "jobs"},
    {"retrieval", "evaluation", "supervision", "training"},
    {"collections", "workspace", "models"},
    {"files", "cores"},
    {"records"},
]
ROW_OF = {name: number for number, row in enumerate(ROWS) for name in row}
PACKAGE = Path(__file__).parents[1] / "explorer"


def imported_parts(path):
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] if node.module != "explorer" else [f"explorer.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith("explorer."):
                yield name.split(".")[1]


def test_every_import_leads_downward():
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if part in ("__init__", "__main__"):
            continue
        wrong += [
            f"{path.name}: {part} -> {other}"
            for other in imported_parts(path)
            if other in ROW_OF and other != part and ROW_OF[other] <= ROW_OF[part]
        ]
    assert wrong == []


def test_every_part_of_the_package_has_a_row():
    parts = {
        path.name.removesuffix(".py")
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert parts - set(ROW_OF) - {"__init__", "__main__"} == set()
