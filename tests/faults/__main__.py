"""`python -m tests.faults --kills 200 --seed 7`: kill the program between its steps and look for damage.

Kills are shared out between posting on either database, issuing a credential, the bank of tellers, and on either
database paying billers, and the worker with what is scheduled and desks with baskets. Ends with 1 if anything was lost,
doubled or half done; the seed that it prints repeats the run.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from data.schema import upgrade
from tests import postgresql
from tests.faults.bank import run_bank
from tests.faults.billing import run_billing
from tests.faults.issuing import Report, run_issuing
from tests.faults.planning import run_planning
from tests.faults.posting import run_posting, set_up

PARTS = ("sqlite", "postgresql", "issuing", "bank", "bills", "bills-postgresql", "plans", "plans-postgresql")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", choices=PARTS, action="append", help="one part, or several; all unless told")
    parser.add_argument("--url", help="an empty migrated PostgreSQL store, in place of a server of its own")
    chosen = parser.parse_args(arguments)
    if not hasattr(os, "fork"):
        parser.exit(2, "needs a system with fork and SIGKILL\n")
    seed = chosen.seed if chosen.seed is not None else secrets.randbelow(10**6)
    parts = chosen.only or list(PARTS)
    say(f"seed {seed}")
    good = True
    for number, part in enumerate(parts):
        share = chosen.kills // len(parts) + (number < chosen.kills % len(parts))
        report = run(part, share, seed, chosen.url)
        points = ", ".join(f"{point} {count}" for point, count in sorted(report.kills.items()))
        say(f"{report.name}: {sum(report.kills.values())} kills in {report.seconds} s, "
            f"{len(report.problems)} problems ({points})")  # fmt: skip
        for problem in report.problems[:20]:
            say(f"  {problem}")
        good = good and report.ok
    say("nothing lost, nothing doubled, nothing half done" if good else "DAMAGE")
    return 0 if good else 1


def run(part: str, kills: int, seed: int, url: str | None) -> Report:
    """One part on a store of its own."""
    if part == "issuing":
        return run_issuing(kills, seed)
    with tempfile.TemporaryDirectory(prefix="coop-faults-") as name, store(part, Path(name), url) as address:
        if part.startswith("bills"):
            return run_billing(address, Path(name), kills, seed, f"{part} at a gateway")
        if part.startswith("plans"):
            return run_planning(address, Path(name), kills, seed, f"{part} and baskets")
        if part == "bank":
            return run_bank(address, Path(name), kills, seed)
        return run_posting(set_up(address, Path(name)), kills, seed, f"posting on {part}")


@contextlib.contextmanager
def store(part: str, folder: Path, url: str | None) -> Iterator[str]:
    """The address of a migrated store."""
    if part in ("sqlite", "bills", "plans"):
        address = f"sqlite:///{(folder / 'coop.db').as_posix()}"
        upgrade(address)
        yield address
    elif url:
        yield url
    else:
        with postgresql.server() as server:
            databases = postgresql.Databases(server)
            with databases.fresh() as address:
                upgrade(address)
                yield address
            databases.close()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
