"""Runs a state machine of Hypothesis on a store of either engine."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from data.secrets import Hasher, Secrets
from data.values.uuid7 import uuid7
from tests.services.world import World

OpenWorld = Callable[[], AbstractContextManager[World]]
#: `make thorough` tries all the sequences, every other run this share of them.
SHARE = 1 if os.environ.get("COOP_THOROUGH") == "1" else 3


def run(
    machine: type[RuleBasedStateMachine], open_world: OpenWorld, examples: int, steps: int, *, shrink: bool = True
) -> None:
    """Try `examples` sequences. `shrink=False` where a step takes too long to try shorter ones by the hundred."""
    made = type("Machine", (machine,), {"open_world": staticmethod(open_world), "numbers": itertools.count()})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        made,
        settings=settings(
            max_examples=max(2, examples // SHARE),
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def sqlite_worlds(folder: Path, template: Path, secrets: Secrets, hasher: Hasher) -> OpenWorld:
    """A store of its own for each example."""

    @contextmanager
    def open_world() -> Iterator[World]:
        path = folder / f"{uuid7()}.db"
        path.write_bytes(template.read_bytes())
        world = World(f"sqlite:///{path.as_posix()}", secrets, hasher)
        try:
            yield world
        finally:
            world.close()
            for left in folder.glob(f"{path.name}*"):
                left.unlink()

    return open_world


@contextmanager
def postgresql_world(databases: Any, secrets: Secrets, hasher: Hasher) -> Iterator[OpenWorld]:
    """One store for all examples: making a database takes longer than an example."""
    from data.schema import upgrade

    with databases.store("store", upgrade) as url:
        world = World(url, secrets, hasher)
        yield lambda: nullcontext(world)
        world.close()
