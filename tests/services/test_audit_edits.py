"""A thousand random edits of a copy by raw SQL: every one is found and the right event named; untouched copies raise no
alarm (C1)."""

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from data.engine import make_engine
from data.secrets.signing import Signer
from services.audit_chain import first_hash, link
from services.audit_period import Period
from services.audit_proof import Proof, check_printed, verify
from services.audit_trail import canonical
from services.checkpoints import Checkpoint, checkpoint, read_checkpoints
from services.operator import system_operator
from tests.services.world import World

EVENTS = 120
EDITS = 1000
#: In a third of the trail each: a copy is checked against all of them.
ANCHORS = (40, 80, 120)


@dataclass(frozen=True)
class Trail:
    """A copy as an auditor takes it away: the database without its guards, the checkpoints, the public key."""

    path: Path
    points: list[Checkpoint]
    key: bytes

    def copy(self, to: Path) -> Path:
        return Path(shutil.copyfile(self.path, to))

    def check(self, path: Path) -> Proof:
        engine = make_engine(f"sqlite:///{path.as_posix()}")
        try:
            return verify(engine, self.points, self.key, workers=1)
        finally:
            engine.dispose()


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trail]:
    """A hundred and twenty events of three days, a checkpoint after each forty."""
    from data.schema import upgrade
    from data.secrets import Argon2Params, Hasher, Secrets

    folder = tmp_path_factory.mktemp("edits")
    url = f"sqlite:///{(folder / 'store.db').as_posix()}"
    upgrade(url)
    secrets = Secrets(pepper=b"p" * 32, data_key=b"d" * 32, signing_key=b"s" * 32)
    world = World(url, secrets, Hasher(b"p" * 32, Argon2Params(time_cost=1, memory_cost=8, parallelism=1)))
    points = folder / "points.jsonl"
    for number in range(EVENTS):
        with world.uow.begin_system(system_operator("test")) as tx:
            tx.record("test.event", about=f"ñ {number}", detail={"n": number, "amount": number * 100})
            tx.commit()
        if number + 1 in ANCHORS:
            checkpoint(world.uow, points, force=True)
            world.clock.advance(days=1)
    world.close()
    with closing(sqlite3.connect(folder / "store.db")) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA journal_mode = DELETE")
    yield Trail(folder / "store.db", read_checkpoints(points), Signer(secrets.signing_key).public_key)


Edit = Callable[[sqlite3.Connection, random.Random], tuple[int, str]]
"""Does its harm; answers the event (0: none has a number) and the text that the first finding must hold."""


def _event(database: sqlite3.Connection, seq: int) -> int:
    return int(database.execute("SELECT event_id FROM audit_seal WHERE seq = ?", (seq,)).fetchone()[0])


def byte_of_a_body(database: sqlite3.Connection, chance: random.Random) -> tuple[int, str]:
    seq = chance.randint(1, EVENTS)
    event = _event(database, seq)
    body = database.execute("SELECT body FROM audit_event WHERE id = ?", (event,)).fetchone()[0]
    at = chance.choice([at for at, sign in enumerate(body) if sign.isdecimal() and body[at - 1] not in ':[,"-'])
    other = chance.choice([digit for digit in "0123456789" if digit != body[at]])
    database.execute("UPDATE audit_event SET body = ? WHERE id = ?", (body[:at] + other + body[at + 1 :], event))
    return seq, f"evento {seq}"


def blank_in_a_body(database: sqlite3.Connection, chance: random.Random) -> tuple[int, str]:
    """The same JSON, other bytes."""
    seq = chance.randint(1, EVENTS)
    database.execute("UPDATE audit_event SET body = body || ' ' WHERE id = ?", (_event(database, seq),))
    return seq, f"evento {seq}"


def byte_of_a_hash(database: sqlite3.Connection, chance: random.Random) -> tuple[int, str]:
    seq = chance.randint(1, EVENTS)
    stored = bytearray(database.execute("SELECT hash FROM audit_seal WHERE seq = ?", (seq,)).fetchone()[0])
    stored[chance.randrange(32)] ^= 1 << chance.randrange(8)
    database.execute("UPDATE audit_seal SET hash = ? WHERE seq = ?", (bytes(stored), seq))
    return seq, f"evento {seq}"


def delete_an_event(database: sqlite3.Connection, chance: random.Random) -> tuple[int, str]:
    seq = chance.randint(1, EVENTS)
    database.execute("DELETE FROM audit_event WHERE id = ?", (_event(database, seq),))
    return seq, f"evento {seq}"


def delete_event_and_seal(database: sqlite3.Connection, chance: random.Random) -> tuple[int, str]:
    seq = chance.randint(1, EVENTS - 1)
    database.execute("DELETE FROM audit_event WHERE id = ?", (_event(database, seq),))
    database.execute("DELETE FROM audit_seal WHERE seq = ?", (seq,))
    return seq, f"evento {seq}"


def delete_and_close_the_gap(database: sqlite3.Connection, chance: random.Random) -> tuple[int, str]:
    seq = chance.randint(1, EVENTS - 1)
    database.execute("DELETE FROM audit_event WHERE id = ?", (_event(database, seq),))
    database.execute("DELETE FROM audit_seal WHERE seq = ?", (seq,))
    database.execute("UPDATE audit_seal SET seq = -seq WHERE seq > ?", (seq,))
    database.execute("UPDATE audit_seal SET seq = -seq - 1 WHERE seq < 0")
    return seq, f"evento {seq}"


def insert_without_seal(database: sqlite3.Connection, chance: random.Random) -> tuple[int, str]:
    body = _other_body(database, chance)
    event = database.execute("INSERT INTO audit_event (body) VALUES (?)", (body,)).lastrowid
    return 0, f"registro {event}"


def insert_and_renumber(database: sqlite3.Connection, chance: random.Random) -> tuple[int, str]:
    seq = chance.randint(1, EVENTS)
    event = database.execute("INSERT INTO audit_event (body) VALUES (?)", (_other_body(database, chance),)).lastrowid
    database.execute("UPDATE audit_seal SET seq = -seq - 1 WHERE seq >= ?", (seq,))
    database.execute("UPDATE audit_seal SET seq = -seq WHERE seq < 0")
    database.execute("INSERT INTO audit_seal VALUES (?, ?, ?)", (seq, event, chance.randbytes(32)))
    return seq, f"evento {seq}"


def swap_bodies(database: sqlite3.Connection, chance: random.Random) -> tuple[int, str]:
    one, other = sorted(chance.sample(range(1, EVENTS + 1), 2))
    ids = _event(database, one), _event(database, other)
    bodies = [database.execute("SELECT body FROM audit_event WHERE id = ?", (event,)).fetchone()[0] for event in ids]
    for event, body in zip(ids, reversed(bodies), strict=True):
        database.execute("UPDATE audit_event SET body = ? WHERE id = ?", (body, event))
    return one, f"evento {one}"


def swap_seals(database: sqlite3.Connection, chance: random.Random) -> tuple[int, str]:
    one, other = sorted(chance.sample(range(1, EVENTS + 1), 2))
    for old, new in ((one, -1), (other, one), (-1, other)):
        database.execute("UPDATE audit_seal SET seq = ? WHERE seq = ?", (new, old))
    return one, f"evento {one}"


def truncate(database: sqlite3.Connection, chance: random.Random) -> tuple[int, str]:
    seq = chance.randint(1, EVENTS)
    database.execute("DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_seal WHERE seq >= ?)", (seq,))
    database.execute("DELETE FROM audit_seal WHERE seq >= ?", (seq,))
    return seq, f"eventos {seq} a {EVENTS}"


def rewrite(database: sqlite3.Connection, chance: random.Random) -> tuple[int, str]:
    """An event is changed and everything after it sealed anew: only the signed checkpoints know."""
    seq = chance.randint(1, EVENTS)
    database.execute("UPDATE audit_event SET body = body || ' ' WHERE id = ?", (_event(database, seq),))
    rows = database.execute(
        "SELECT s.seq, s.hash, e.body FROM audit_seal s JOIN audit_event e ON e.id = s.event_id ORDER BY s.seq"
    ).fetchall()
    head = rows[seq - 2][1] if seq > 1 else first_hash("test-store")
    for number, _, body in rows[seq - 1 :]:
        head = link(head, number, body.encode())
        database.execute("UPDATE audit_seal SET hash = ? WHERE seq = ?", (head, number))
    third = next(anchor for anchor in ANCHORS if anchor >= seq)
    return third - 39, f"entre los eventos {third - 39} y {third}"


EDIT_KINDS: tuple[Edit, ...] = (
    byte_of_a_body,
    blank_in_a_body,
    byte_of_a_hash,
    delete_an_event,
    delete_event_and_seal,
    delete_and_close_the_gap,
    insert_without_seal,
    insert_and_renumber,
    swap_bodies,
    swap_seals,
    truncate,
    rewrite,
)


def _other_body(database: sqlite3.Connection, chance: random.Random) -> str:
    body = database.execute("SELECT body FROM audit_event WHERE id = ?", (_event(database, 7),)).fetchone()[0]
    return canonical({"forged": chance.randrange(10**9)})[:-1] + "," + body[1:]


@pytest.mark.timeout(300)
@pytest.mark.thorough
def test_a_thousand_random_edits_are_all_found_and_named(trail: Trail, tmp_path: Path) -> None:
    chance = random.Random(20261125)
    wrong = []
    for turn in range(EDITS):
        edit = EDIT_KINDS[turn % len(EDIT_KINDS)]
        path = trail.copy(tmp_path / "copy.db")
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA synchronous = OFF")
            seq, said = edit(database, chance)
            database.commit()
        proof = trail.check(path)
        first = proof.findings[0] if proof.findings else None
        if first is None or first.seq != seq or said not in first.text:
            wrong.append((turn, edit.__name__, seq, first))
    assert wrong == []


def test_untouched_copies_raise_no_alarm(trail: Trail, tmp_path: Path) -> None:
    for turn in range(50):
        proof = trail.check(trail.copy(tmp_path / f"copy{turn}.db"))
        assert proof.intact and (proof.events, proof.anchored) == (EVENTS, EVENTS)


@pytest.mark.parametrize(("day", "first", "last"), [(23, 1, 40), (24, 40, 80), (25, 80, 120)])
def test_a_period_is_walked_between_its_checkpoints(
    trail: Trail, tmp_path: Path, day: int, first: int, last: int
) -> None:
    path = trail.copy(tmp_path / "copy.db")
    period = Period(date(2026, 11, day), date(2026, 11, day))

    def check() -> Proof:
        return verify(make_engine(f"sqlite:///{path.as_posix()}"), trail.points, trail.key, period=period)

    proof = check()
    assert proof.intact and (proof.first, proof.events, proof.anchored) == (first, last, last)
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE audit_event SET body = body || ' ' WHERE id = 60")
        database.commit()
    assert check().intact == (day != 24)


def test_a_printed_head_finds_a_tail_that_no_checkpoint_covers(trail: Trail, tmp_path: Path) -> None:
    """Cut or rewritten after the last checkpoint: the paper knows (C1)."""
    path = trail.copy(tmp_path / "copy.db")
    engine = make_engine(f"sqlite:///{path.as_posix()}")
    with closing(sqlite3.connect(path)) as database:
        head = database.execute("SELECT hash FROM audit_seal WHERE seq = 120").fetchone()[0].hex()
        assert check_printed(engine, f" 120  {head[:16].upper()} ") is None
        wrong = check_printed(engine, f"119 {head[:16]}")
        assert wrong is not None and (wrong.code, wrong.seq) == ("rewritten", 119)
        database.execute("DELETE FROM audit_seal WHERE seq >= 100")
        database.commit()
    cut = check_printed(engine, f"120 {head[:16]}")
    assert cut is not None and (cut.code, cut.seq) == ("truncated", 120)
    for bad in ("", "120", "120 xyz", "0 " + head[:16], f"120 {head[:15]}"):
        with pytest.raises(ValueError, match="sixteen"):
            check_printed(engine, bad)
    engine.dispose()
