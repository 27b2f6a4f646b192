"""Which questions of meridian are left out: those none of whose gold passages is among the first 20 of either BM25 or
MiniLM, where no ranking could be seen to move. Writes left_out.txt; run once after the questions change, then build."""

from __future__ import annotations

from build import LEFT_OUT, SOURCES, meridian
from sources import region

from explorer.collections import assemble
from explorer.workbench import Workbench

DEPTH = 20
SYSTEMS = ("bm25", "dense:minilm")


def main() -> None:
    LEFT_OUT.unlink(missing_ok=True)
    regions = [region(folder) for folder in sorted((SOURCES / "meridian").iterdir()) if folder.is_dir()]
    bench = Workbench(assemble("meridian", meridian(regions)))
    queries = list(bench.collection.queries.values())
    found = [bench.search(spec, queries, DEPTH).rankings for spec in SYSTEMS]
    gold = {q: {d for d, grade in grades.items() if grade == 2} for q, grades in bench.collection.qrels.items()}
    unseen = [q for q, needed in gold.items() if not any(needed & rankings[q].ranks.keys() for rankings in found)]
    LEFT_OUT.write_text("".join(f"{query_id}\n" for query_id in unseen), encoding="utf-8")
    print(f"{len(unseen)} of {len(queries)} questions left out")


if __name__ == "__main__":
    main()
