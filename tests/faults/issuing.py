"""Kill a desk while it issues a credential, start again, hand in the same form: nothing lost, doubled or half done.

`run_issuing(cycles, seed)` is one run on SQLite, one real process and one real SIGKILL a cycle.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from data.schema import upgrade
from data.secrets import Argon2Params, Hasher, Secrets
from data.values.uuid7 import uuid7
from services.activation import Activate, activate
from services.credentials import CredentialIssued, IssueCredential, issue_credential
from services.operator import Operator
from tests.house_rules import ROOT
from tests.services.access_cases import live_credentials, mails, state_of
from tests.services.world import World

POINTS = ("former_ended", "mail_queued", "credential_placed", "before_commit", "after_commit")
NOT_KILLED = "not killed"
REASON = "El asociado llamó para activar su acceso"


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did and found. `problems` empty: all is well; each names its cycle, so that the seed repeats it."""

    name: str
    cycles: int
    seed: int
    kills: Mapping[str, int]
    problems: tuple[str, ...]
    seconds: int

    @property
    def ok(self) -> bool:
        return not self.problems and sum(self.kills.values()) == self.cycles


def fixed_secrets() -> Secrets:
    """Fixed keys, the same in parent and child. They protect nothing."""
    return Secrets(pepper=b"p" * 32, data_key=b"d" * 32, signing_key=b"s" * 32)


def cheap_hasher() -> Hasher:
    """Argon2id at a cost for tests."""
    return Hasher(fixed_secrets().pepper, Argon2Params(time_cost=1, memory_cost=8, parallelism=1))


def run_issuing(cycles: int, seed: int) -> Report:
    """Kill `cycles` desks at points and in uses that `seed` chooses (every pair in turn), and look for damage."""
    begun = time.monotonic()
    pairs = [(point, use) for use in ("activate", "issue") for point in POINTS]
    chance = random.Random(seed)
    chance.shuffle(pairs)
    kills: Counter[str] = Counter()
    problems: list[str] = []
    with tempfile.TemporaryDirectory(prefix="coop-issuing-") as folder:
        url = f"sqlite:///{(Path(folder) / 'coop.db').as_posix()}"
        upgrade(url)
        world = World(url, fixed_secrets(), cheap_hasher())
        agent = world.staff()
        with Desks() as desks:
            for cycle in range(cycles):
                point, use = pairs[cycle % len(pairs)]
                found = _cycle(world, desks, agent, 50_100 + cycle, use, point)
                kills[point] += NOT_KILLED not in found
                problems += [f"cycle {cycle} ({use}, {point}): {problem}" for problem in found]
        problems += _whole(world)
        world.close()
    return Report("issuing", cycles, seed, dict(kills), tuple(problems), round(time.monotonic() - begun))


def _cycle(world: World, desks: Desks, agent: Operator, number: int, use: str, point: str) -> list[str]:
    member = world.member(str(number))
    world.access(member, "solicitado" if use == "activate" else "activado")
    world.lease(agent, member)
    if use == "issue":  # a former credential with its mail, which the killed one was about to replace
        _submit(world, agent, member, use, uuid7())
    former = live_credentials(world, member)
    key = uuid7()  # what the journal of the desk holds from before the first try
    if desks.run(_order(world, agent, member, use, key, point)) != -signal.SIGKILL:
        return [NOT_KILLED]
    world.engine.dispose()
    problems = []
    landed = point == "after_commit"
    if bool(_rows_of(world, key)) != landed:
        problems.append("the kill left half of it")
    if not landed and live_credentials(world, member) != former:
        problems.append("the former credential died without a new one")
    answers = [_submit(world, agent, member, use, key) for _ in range(2)]
    if [answer.existed for answer in answers] != [landed, True]:
        problems.append("the answer doesn't say what was applied when")
    return problems + _oracle(world, member, key, "access.activate" if use == "activate" else "credential.issue")


def _oracle(world: World, member: int, key: str, action: str) -> list[str]:
    """One live credential, one mail that can go out and opens it, one event, the right state."""
    problems = []
    if state_of(world, member) != "credencial_emitida" or live_credentials(world, member) != 1:
        problems.append(f"{live_credentials(world, member)} live credentials in {state_of(world, member)}")
    number = world.scalar("SELECT number FROM member WHERE id = :id", id=member)
    sent = [
        mail
        for mail in mails(world, "temporary_credentials")
        if mail["state"] == "pending" and mail["context"]["username"] == number
    ]
    if len(sent) != 1:
        problems.append(f"{len(sent)} mails")
    stored = world.scalar("SELECT secret_hash FROM temporary_credential WHERE id = :key", key=key)
    if not sent or not stored or not world.hasher.verify(stored, sent[0]["context"]["password"]):
        problems.append("the mail doesn't open the credential")
    told = [event for event in world.events(action) if event.get("object") == f"credential:{key}"]
    if len(told) != 1 or told[0]["result"] != "ok":
        problems.append(f"{len(told)} events")
    return problems


def _whole(world: World) -> list[str]:
    """The file is sound and every event is chained."""
    problems = []
    if (found := world.scalar("PRAGMA integrity_check")) != "ok":
        problems.append(f"integrity: {found}")
    events, seals = (world.scalar(f"SELECT count(*) FROM audit_{table}") for table in ("event", "seal"))
    if events != seals:
        problems.append(f"{events} events, {seals} chained")
    return problems


def _rows_of(world: World, key: str) -> int:
    """How much of one issue is in the store: its credential and its events."""
    rows = world.scalar("SELECT count(*) FROM temporary_credential WHERE id = :key", key=key)
    events = world.scalar("SELECT count(*) FROM audit_event WHERE object = :about", about=f"credential:{key}")
    return int(rows) + int(events)


def _submit(world: World, agent: Operator, member: int, use: str, key: str) -> CredentialIssued:
    if use == "activate":
        return activate(Activate(member, REASON, key), agent, world.uow)
    return issue_credential(IssueCredential(member, REASON, key), agent, world.uow)


class Desks:
    """Makes desks that die: one process that has the program loaded and forks, so that a kill costs no start-up."""

    def __init__(self, module: str = "tests.faults.issue_child") -> None:
        command = [sys.executable, "-m", module]
        self._maker = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Desks:
        return self

    def __exit__(self, *_: object) -> None:
        with self._maker:
            if self._maker.stdin is not None:
                self._maker.stdin.close()

    def run(self, order: Mapping[str, object]) -> int:
        """How the desk ended: minus the signal that killed it, or its exit code."""
        assert self._maker.stdin is not None and self._maker.stdout is not None
        self._maker.stdin.write(json.dumps(order) + "\n")
        self._maker.stdin.flush()
        return int(self._maker.stdout.readline())


def _order(world: World, agent: Operator, member: int, use: str, key: str, point: str) -> dict[str, object]:
    return {
        "url": world.url,
        "actor": agent.actor,
        "username": agent.username,
        "session": agent.session_id,
        "member": member,
        "key": key,
        "use": use,
        "point": point,
    }
