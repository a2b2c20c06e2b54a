"""`make bench`: a table of figures, each beside a baseline of the same run, and bench.json.

python -m benchmarks [--quick] [--only start,search,transfer,kinds,hot,pace,audit,filters,patterns,portal]
                     [--out bench.json]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.rounds import Figure


def main() -> int:
    """Run the benchmarks; answers 1 if a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small stores and few rounds: does it run at all?")
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--out", type=Path, default=Path("bench.json"))
    options = parser.parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="coop-bench-") as name:
        for wanted in options.only.split(","):
            start = time.perf_counter()
            figures += PARTS[wanted](Path(name), options.quick)
            print(f"{wanted}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    print(table(figures))
    options.out.write_text(json.dumps(report(figures), ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0 if all(figure.met for figure in figures) else 1


def _start(folder: Path, quick: bool) -> list[Figure]:
    from benchmarks import start

    return start.measure(folder, rounds=3 if quick else 9)


def _search(folder: Path, quick: bool) -> list[Figure]:
    from benchmarks import search

    return search.measure(folder, rounds=2 if quick else 5, members=20_000 if quick else 1_000_000)


def _transfer(folder: Path, quick: bool) -> list[Figure]:
    from benchmarks import transfer

    return transfer.measure(folder, rounds=2 if quick else 5)


def _audit(folder: Path, quick: bool) -> list[Figure]:
    from benchmarks import audit

    return audit.measure(folder, rounds=3 if quick else 7, events=100_000 if quick else 1_000_000)


def _filters(folder: Path, quick: bool) -> list[Figure]:
    from benchmarks import audit_filters

    return audit_filters.measure(folder, rounds=3 if quick else 15, events=50_000 if quick else 1_000_000)


def _patterns(folder: Path, quick: bool) -> list[Figure]:
    from benchmarks import patterns

    return patterns.measure(folder, rounds=2 if quick else 5, events=20_000 if quick else 200_000)


def _kinds(folder: Path, quick: bool) -> list[Figure]:
    from benchmarks import kinds

    return kinds.measure(folder, rounds=2 if quick else 10)


def _hot(_folder: Path, quick: bool) -> list[Figure]:
    from benchmarks import hot

    return hot.measure(rounds=2 if quick else 5)


def _pace(folder: Path, quick: bool) -> list[Figure]:
    from benchmarks import pace

    return pace.measure(folder, seconds=10 if quick else 25, entries=4_000 if quick else 200_000)


def _portal(folder: Path, quick: bool) -> list[Figure]:
    from benchmarks import portal

    return portal.measure(folder, rounds=5 if quick else 41)


PARTS: dict[str, Callable[[Path, bool], list[Figure]]] = {
    "start": _start,
    "search": _search,
    "transfer": _transfer,
    "kinds": _kinds,
    "hot": _hot,
    "pace": _pace,
    "audit": _audit,
    "filters": _filters,
    "patterns": _patterns,
    "portal": _portal,
}


def table(figures: list[Figure]) -> str:
    """The figures in columns."""
    head = ["medida", "nuestra", "base", "razón (mín–máx)", "meta", ""]
    rows = [head, *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def report(figures: list[Figure]) -> dict[str, object]:
    """What the JSON file holds."""
    machine = {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}
    return {"machine": machine, "figures": [figure.plain() for figure in figures]}


if __name__ == "__main__":
    sys.exit(main())
