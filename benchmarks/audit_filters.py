"""(e) Filters over a trail of a million events on both databases: milliseconds to the page, beside the newest page."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import text

from benchmarks.rounds import Figure, alone, paired, quantile
from benchmarks.stores import postgresql_store, sqlite_store, world_on
from data.engine import writing
from services.audit_filter import parse_filter
from services.audit_log import ReadAudit, read_audit
from services.audit_trail import event_body, seal_pending
from services.audit_words import ALL_WORDS
from services.operator import Channel, Operator, Role
from tests import postgresql
from tests.services.world import START, World

BATCH = 20_000
AGENTS, MEMBERS, DAYS, TERMINALS = 100, 5_000, 365, 60
#: Every word of the line, alone and with others; «vio» is twenty actions, the last ones fit nothing.
LINES = (
    "",
    "agente:agente{agent}",
    "agente:agente{agent} acción:credencial",
    "agente:agente{agent} resultado:negado",
    "agente:agente{agent} desde:01/03/2026 hasta:07/03/2026",
    "acción:vio",
    "acción:reversó",
    "acción:vio resultado:negado",
    "resultado:negado",
    "resultado:falló socio:{member}",
    "socio:{member}",
    "monto:{amount}",
    "terminal:T-{terminal}",
    "terminal:T-{terminal} acción:ficha",
    "terminal:T-{terminal} acción:olvidó resultado:hecho",
    "día:{day}",
    "día:{day} acción:ficha agente:agente{agent}",
    "agente:agente{agent} monto:{amount}",
    "agente:sistema resultado:falló",
    "terminal:T-99",
)


def measure(folder: Path, *, rounds: int, events: int) -> list[Figure]:
    """A store of each kind with `events` events; each line `rounds` times with other values."""
    found = filters(sqlite_store(folder, "filters.db"), "SQLite", rounds, events)
    try:
        with postgresql_store() as (url,):
            found += filters(url, "PostgreSQL", rounds, events)
    except postgresql.NoServer:
        pass
    return found


def filters(url: str, name: str, rounds: int, events: int) -> list[Figure]:
    """The figures of one database."""
    world = world_on(url)
    reader = fill(world, events)
    taken = {line: [_look(world, reader, line, random.Random(turn)) for turn in range(rounds)] for line in LINES}
    values = [value for line in LINES for value in taken[line]]
    worst = max(LINES[1:], key=lambda line: quantile(taken[line], 0.5))
    ratio = paired(
        f"auditoría, {name}: el filtro más lento («{worst}») frente a la página más nueva",
        "ms",
        lambda: _look(world, reader, worst, random.Random()),
        lambda: _look(world, reader, "", random.Random()),
        base_name="sin filtro",
        rounds=rounds,
    )
    world.close()
    return [
        alone(f"auditoría, {name}: un filtro en {events:,} eventos, p95", "ms", values, at_most=50, share=0.95),
        ratio,
    ]


def _look(world: World, reader: Operator, line: str, chance: random.Random) -> float:
    typed = line.format(
        agent=chance.randrange(AGENTS),
        member=1 + chance.randrange(MEMBERS),
        amount=f"{1 + chance.randrange(400)}.00",
        terminal=chance.randrange(TERMINALS),
        day=f"{date(2026, 1, 1) + timedelta(days=chance.randrange(300)):%d/%m/%Y}",
    )
    started = time.perf_counter()
    read_audit(ReadAudit(parse_filter(typed)), reader, world.uow)
    return (time.perf_counter() - started) * 1000


def fill(world: World, events: int) -> Operator:
    """A year of work; answers who reads it."""
    reader = world.staff("auditora", (Role.AUDITOR,))
    agents = [_agent(world, number) for number in range(AGENTS)]
    members = [world.member(str(n + 1)) for n in range(MEMBERS)]
    insert = text("INSERT INTO audit_event (body) VALUES (:body)")
    write = _writer(agents, members, events)
    for start in range(0, events, BATCH):
        with writing(world.engine).begin() as connection:
            connection.execute(insert, [{"body": next(write)} for _ in range(min(BATCH, events - start))])
            while world.dialect == "sqlite" and seal_pending(connection, limit=BATCH):
                pass
    if world.dialect == "postgresql":  # What its own housekeeping does after so many rows.
        with world.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE audit_event"))
    return reader


def _writer(agents: list[Operator], members: list[int], events: int) -> Iterator[str]:
    """Bodies of a year: few agents and few actions make most of the events, one in forty did not go well."""
    chance = random.Random(7)
    actions = sorted(ALL_WORDS)
    weights = [1 / (place + 1) for place in range(len(actions))]
    system = Operator("system", "worker", frozenset(), "000", "local", Channel.SYSTEM)
    pick: Callable[[], str] = lambda: chance.choices(actions, weights)[0]  # noqa: E731
    for number in range(events):
        who = system if number % 10 == 0 else agents[int(chance.triangular(0, AGENTS, 0))]
        yield event_body(
            at=START - timedelta(days=DAYS) + timedelta(days=DAYS) * number // events,
            operator=who if who is system else _at(who, chance),
            action=pick(),
            result="ok" if chance.random() < 0.975 else chance.choice(("refused", "failed", "rejected")),
            member=chance.choice(members) if chance.random() < 0.7 else None,
            about=f"operation:{number}",
            detail={"amount": 100 * (1 + chance.randrange(2000))} if chance.random() < 0.15 else None,
        )


def _agent(world: World, number: int) -> Operator:
    name, role = f"agente{number}", Role.CIS_AGENT
    actor = world.staff(name, (role,), sign_in=False).actor
    return Operator(actor, name, frozenset({role}), "001", "", Channel.CIS, "ab" * 8)


def _at(who: Operator, chance: random.Random) -> Operator:
    terminal = f"T-{(int(who.username[6:]) + chance.randrange(3)) % TERMINALS}"
    return Operator(who.actor, who.username, who.roles, who.branch, terminal, who.channel, who.session_id)
