"""What the worlds bring along, made with the product's own commands: teacher scores, students, runs, provenance.

    python assets/worlds/precompute.py [WORLD ...]

Needs about ten minutes a world on two cores. A student is kept only where it fits in LIMIT bytes.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import explorer
from explorer.workspace import Workspace

COLLECTIONS = Path(__file__).parents[1] / "collections"
WORLDS = ("meridian", "clauses", "atlas")
LIMIT = 2 * 2**20
KEPT = ("plan.json", "result.json", "state.json", "events.jsonl", "trained.json", "examples.jsonl", "student")
TEACHERS = ("utility", "rationale:given", "rationale:extractive")
TEACH = "explorer teach {world} --teacher {teacher} --split all -k 16 --out {folder}/teachers/{file}.parquet"
DISTILL = {
    "{world}-gold-adapter": "explorer distill {world} --method gold --student adapter --run {world}-gold-adapter",
    "{world}-gold-lora": "explorer distill {world} --method gold --student lora --rank 8 --run {world}-gold-lora",
    "{world}-uae-lora": "explorer distill {world} --method uae --student lora --rank 8 --run {world}-uae-lora",
}
EVALUATE = "explorer evaluate {world} -r dense:minilm -r bm25 {students} --split test --trec {folder}/runs --json"


def main(worlds: list[str]) -> None:
    for world in worlds or WORLDS:
        folder = COLLECTIONS / world
        commands = []
        for teacher in TEACHERS:
            file = teacher.replace(":", "-")
            commands.append(TEACH.format(world=world, folder=folder, teacher=teacher, file=file))
            run(commands[-1])
        for name, command in DISTILL.items():
            run_id = name.format(world=world)
            shutil.rmtree(folder / "students" / run_id, ignore_errors=True)
            shutil.rmtree(Workspace().runs / run_id, ignore_errors=True)
            commands.append(command.format(world=world))
            run(commands[-1])
            keep(run_id, folder / "students" / run_id)
        shutil.rmtree(folder / "runs", ignore_errors=True)
        students = " ".join(f"-r student:{path.name}" for path in sorted((folder / "students").iterdir()))
        commands.append(EVALUATE.format(world=world, folder=folder, students=students))
        report = json.loads(run(commands[-1]))
        for path in (folder / "runs").iterdir():
            shorten(path)
        (folder / "provenance.md").write_text(provenance(world, commands, report), encoding="utf-8")


def run(command: str) -> str:
    print(f"$ {command}", flush=True)
    words = [sys.executable, "-m", *shlex.split(command)]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


def keep(run_id: str, target: Path) -> None:
    source = Workspace().runs / run_id
    size = sum(path.stat().st_size for path in (source / "student").rglob("*") if path.is_file())
    if size > LIMIT:
        print(f"{run_id}: {size:,} bytes, not kept")
        return
    for name in KEPT:
        path = source / name
        if path.is_dir():
            shutil.copytree(path, target / name)
        elif path.exists():
            target.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / name)
    result = json.loads((target / "result.json").read_text())
    (target / "result.json").write_text(json.dumps({**result, "path": run_id}, indent=2) + "\n")


def shorten(path: Path, depth: int = 30) -> None:
    """The first documents of each query: what anybody looks at."""
    lines = [line for line in path.read_text().splitlines() if int(line.split()[-3]) <= depth]
    path.write_text("\n".join(lines) + "\n")


def provenance(world: str, commands: list[str], report: dict[str, Any]) -> str:
    import sentence_transformers
    import torch
    import transformers

    versions = f"Explorer {explorer.__version__}, torch {torch.__version__.split('+')[0]}, transformers {transformers.__version__}"
    versions += f", sentence-transformers {sentence_transformers.__version__}"
    rows = [
        f"| {spec} | " + " | ".join(f"{system['measures'][m]:.3f}" for m in ("nDCG@10", "AP", "R@1")) + " |"
        for spec, system in report["systems"].items()
    ]
    shown = [command.replace(str(COLLECTIONS.parent.parent) + "/", "") for command in commands]
    return "\n".join(
        [
            f"# {world}: where it comes from",
            "",
            "Corpus, queries and judgements are built from `assets/worlds/` by `make worlds`; see `assets/worlds/README.md`.",
            f"What lies beside them was made with the commands below ({versions}, seed 42 unless a command names another).",
            "",
            "```",
            *shown,
            "```",
            "",
            f"On the {report['queries']} test queries:",
            "",
            "| system | nDCG@10 | MAP | R@1 |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    main(sys.argv[1:])
