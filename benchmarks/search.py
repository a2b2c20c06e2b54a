"""(b) The search box on a million members: key → repaint, against ten thousand; exact look-up through the service."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from benchmarks.rounds import Figure, alone, paired
from benchmarks.terminal import Terminal
from coop_tui.settings import Settings, load_settings
from coop_tui.wiring import init_store, open_store
from data.engine import writing
from data.name_index import index_names
from data.secrets import Secret
from data.tables import Member
from services.clock import SystemClock
from services.operator import Channel, Operator
from services.staff_first import FirstAdministrator, first_administrator
from services.staff_sessions import SignIn, sign_in
from services.unit_of_work import UnitOfWork

PASSWORD = "una-frase-solo-para-medir"
BATCH = 20_000
GIVEN = ("Ana", "Luis", "Itzel", "José", "Marta", "Raúl", "Nidia", "Óscar", "Yira", "Tomás", "Elsa", "Iván")
SURNAMES = ("Pérez", "Muñoz", "Castillo", "Núñez", "Batista", "Ábrego", "De León", "Ríos", "Guerra", "Sanjur")


class SteppingClock(SystemClock):
    """Moves on by itself, so that a thousand look-ups don't meet the limit of thirty in ten minutes."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def now(self) -> datetime:
        self.moment += timedelta(seconds=3)
        return self.moment


def measure(folder: Path, *, rounds: int, members: int) -> list[Figure]:
    """Build both stores, type into both, look members up in the large one."""
    small, large = store(folder / "small", min(10_000, members)), store(folder / "large", members)
    keys: dict[str, list[float]] = {"small": [], "large": []}

    def p95(name: str, settings: Settings) -> float:
        values = typed(settings)
        keys[name] += values
        return _quantile(values, 0.95)

    ratio = paired(
        f"buscador: tecla → pantalla con {members:,} asociados, p95",
        "ms",
        lambda: p95("large", large),
        lambda: p95("small", small),
        base_name="10,000 asociados",
        rounds=rounds,
        at_most=1.5,
    )
    latency = alone("buscador: tecla → pantalla, p95 de todas", "ms", keys["large"], at_most=50, share=0.95)
    exact = alone(
        f"búsqueda exacta por el servicio con {members:,} asociados, p99",
        "ms",
        looked_up(large, members),
        at_most=2,
        share=0.99,
    )
    return [latency, ratio, exact]


def store(path: Path, members: int) -> Settings:
    """A store with generated members and one administrator, without a second factor."""
    settings = init_store(load_settings(path), vault_dir=path.with_name(path.name + "-vault"))
    uow = open_store(settings)
    first_administrator(FirstAdministrator("medidor", "Medidor de Tiempos", "001", Secret(PASSWORD)), uow)
    with writing(uow.engine).begin() as connection:
        for batch in _members(members):
            connection.execute(insert(Member), batch)
            index_names(connection, [row["id"] for row in batch], fresh=True)
        connection.exec_driver_sql("UPDATE staff SET roles = 'supervisor'")
    uow.engine.dispose()
    shipped = Path(__file__).parent.parent / "data" / "catalog" / "policy.toml"
    lines = shipped.read_text("utf-8").splitlines()
    own = ["second_factor_roles = []" if line.startswith("second_factor_roles") else line for line in lines]
    (settings.data_dir / "policy.toml").write_text("\n".join(own) + "\n", "utf-8")
    return settings


def _members(count: int) -> Iterator[list[dict[str, Any]]]:
    chance = random.Random(20261123)
    for start in range(0, count, BATCH):
        yield [
            {
                "id": n + 1,
                "number": str(100_000 + n),
                "kind": "asociado",
                "cedula": f"{n % 9 + 1}-{n // 9 % 9000 + 1}-{n // 81_000 + 1}",
                "given_names": " ".join(chance.sample(GIVEN, 2)),
                "surnames": " ".join(chance.sample(SURNAMES, 2)),
                "birth_date": datetime(1950 + n % 55, n % 12 + 1, n % 28 + 1, tzinfo=UTC).date(),
                "branch": f"{n % 77 + 1:03d}",
            }
            for n in range(start, min(start + BATCH, count))
        ]


def typed(settings: Settings) -> list[float]:
    """Sign in on a real terminal and type numbers into the search box: milliseconds from key to repaint."""
    command = [sys.executable, "-m", "coop_tui", "--data", str(settings.data_dir)]
    with Terminal(command) as terminal:
        terminal.wait("Base de datos lista")
        terminal.type(f"medidor\t{PASSWORD}\r")
        terminal.wait("Mi día", since=time.perf_counter())
        terminal.quiet(0.5)
        values = []
        for number in ("123456", "100777", "654321", "999000", "8-123-456"):
            values += [terminal.key(letter) for letter in number]
            values += [terminal.key("\x7f") for _ in number]
    return values


def looked_up(settings: Settings, members: int) -> list[float]:
    """Exact look-ups through the whole service, commit and audit included, in milliseconds."""
    from services.lookup import Find, find

    uow = _stepping(open_store(settings))
    operator: Operator = sign_in(SignIn("medidor", Secret(PASSWORD), None, "B-1", Channel.CIS), uow).operator
    chance, values = random.Random(7), []
    for _ in range(1500):
        command = Find(str(100_000 + chance.randrange(members)))
        start = time.perf_counter()
        found = find(command, operator, uow)
        values.append((time.perf_counter() - start) * 1000)
        assert len(found.hits) == 1
    return values[100:]


def _stepping(uow: UnitOfWork) -> UnitOfWork:
    """The same store under a clock and a policy that let a thousand look-ups follow each other."""
    limits = replace(uow.policy.lookup, per_window=10_000_000)
    hours = replace(uow.policy.session, absolute_hours=1000)
    policy = replace(uow.policy, lookup=limits, session=hours)
    return UnitOfWork(uow.engine, clock=SteppingClock(), policy=policy, secrets=uow.secrets, hasher=uow.hasher)


def _quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
