"""The audit trail proves itself: an edit, a deletion, an insertion, a swap, a truncation and a rewrite are found and
named, and an untouched trail raises no alarm (req. 50, C1)."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from data.engine import writing
from data.secrets.signing import Signer
from services.audit_chain import first_hash, link
from services.audit_proof import Proof, verify
from services.audit_trail import canonical, chain_head, seal_pending
from services.checkpoints import checkpoint, read_checkpoints
from services.operator import system_operator
from tests.services.world import World

EVENTS = 30


@pytest.fixture
def trail(world: World, tmp_path: Path) -> tuple[World, Path]:
    """Thirty events, the first twenty under a signed checkpoint, the rest under a second one."""
    path = tmp_path / "checkpoints.jsonl"
    _write(world, 20)
    checkpoint(world.uow, path, force=True)
    _write(world, 10)
    checkpoint(world.uow, path, force=True)
    return world, path


def _write(world: World, count: int) -> None:
    for number in range(count):
        with world.uow.begin_system(system_operator("test")) as tx:
            tx.record("test.event", about=f"ñ {number}", detail={"n": number})
            tx.commit()


PLAIN = st.none() | st.booleans() | st.integers() | st.text()
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(st.dictionaries(st.text(), VALUES))
def test_canonical_is_the_form_that_the_guide_of_the_trail_gives(value: dict[str, object]) -> None:
    assert canonical(value) == json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), b"x"])
def test_canonical_refuses_what_json_has_no_text_for(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        canonical({"value": value})


def _verify(world: World, path: Path) -> Proof:
    return verify(world.engine, read_checkpoints(path), Signer(world.uow.secrets.signing_key).public_key)


def _tamper(world: World, *statements: str) -> None:
    """What somebody does who owns the database: the guards are off while he works."""
    with writing(world.engine).begin() as connection:
        if world.dialect == "sqlite":
            names = connection.execute(
                text("SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name LIKE 'audit%'")
            )
            for name in names.scalars().all():
                connection.execute(text(f"DROP TRIGGER {name}"))
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        else:
            connection.execute(text("SET session_replication_role = replica"))
        for statement in statements:
            connection.execute(text(statement))


def _event_of(world: World, seq: int) -> int:
    return int(world.scalar("SELECT event_id FROM audit_seal WHERE seq = :seq", seq=seq))


def test_an_untouched_trail_is_intact(trail: tuple[World, Path]) -> None:
    proof = _verify(*trail)
    assert (proof.intact, proof.events, proof.anchored, proof.checkpoints) == (True, EVENTS, EVENTS, 2)


def test_an_edit_is_named(trail: tuple[World, Path]) -> None:
    world, path = trail
    _tamper(
        world,
        f"UPDATE audit_event SET body = replace(body, 'test.event', 'test.evenT') WHERE id = {_event_of(world, 7)}",
    )
    assert [(f.code, f.seq) for f in _verify(world, path).findings] == [("edited", 7)]


def test_a_deletion_is_named(trail: tuple[World, Path]) -> None:
    world, path = trail
    event = _event_of(world, 12)
    _tamper(world, "DELETE FROM audit_seal WHERE seq = 12", f"DELETE FROM audit_event WHERE id = {event}")
    assert _verify(world, path).findings[0].seq == 12


def test_a_deletion_with_the_rest_moved_up_is_named(trail: tuple[World, Path]) -> None:
    world, path = trail
    event = _event_of(world, 12)
    moved = [f"UPDATE audit_seal SET seq = {seq - 1} WHERE seq = {seq}" for seq in range(13, EVENTS + 1)]
    _tamper(world, "DELETE FROM audit_seal WHERE seq = 12", f"DELETE FROM audit_event WHERE id = {event}", *moved)
    assert _verify(world, path).findings[0].seq == 12


def test_a_swap_is_named(trail: tuple[World, Path]) -> None:
    world, path = trail
    first, second = _event_of(world, 5), _event_of(world, 9)
    _tamper(
        world,
        "UPDATE audit_seal SET event_id = -1 WHERE seq = 5",
        f"UPDATE audit_seal SET event_id = {first} WHERE seq = 9",
        f"UPDATE audit_seal SET event_id = {second} WHERE seq = 5",
    )
    assert [f.seq for f in _verify(world, path).findings] == [5, 9]


def test_an_insertion_is_found(trail: tuple[World, Path]) -> None:
    world, path = trail
    body = '{"action":"x","actor":"system","at":"2026-11-23T14:00:00.000000Z","result":"ok"}'
    last = _event_of(world, EVENTS)
    if world.dialect == "sqlite":
        _tamper(world, f"INSERT INTO audit_event (id, body) VALUES ({last + 5}, '{body}')")
    else:
        _tamper(
            world,
            f"INSERT INTO audit_event (id, xid, body) OVERRIDING SYSTEM VALUE VALUES (99999, '3'::xid8, '{body}')",
        )
    assert [f.code for f in _verify(world, path).findings] == ["inserted"]


def test_a_cut_tail_is_named(trail: tuple[World, Path]) -> None:
    world, path = trail
    events = [_event_of(world, seq) for seq in (28, 29, 30)]
    _tamper(
        world,
        "DELETE FROM audit_seal WHERE seq >= 28",
        *(f"DELETE FROM audit_event WHERE id = {event}" for event in events),
    )
    assert [(f.code, f.seq) for f in _verify(world, path).findings] == [("truncated", 28)]


def test_a_whole_rewrite_is_named(trail: tuple[World, Path]) -> None:
    """Somebody changes event 25 and makes every hash anew: only the signed checkpoint knows better."""
    world, path = trail
    rows = world.rows(
        "SELECT s.seq, e.id, e.body FROM audit_seal s JOIN audit_event e ON e.id = s.event_id ORDER BY s.seq"
    )
    head, statements = first_hash("test-store"), []
    for row in rows:
        body = row["body"].replace("test.event", "test.other") if row["seq"] == 25 else row["body"]
        if row["seq"] == 25:
            statements.append(
                f"UPDATE audit_event SET body = replace(body, 'test.event', 'test.other') WHERE id = {row['id']}"
            )
        head = link(head, row["seq"], body.encode())
        literal = f"x'{head.hex()}'" if world.dialect == "sqlite" else f"'\\x{head.hex()}'"
        statements.append(f"UPDATE audit_seal SET hash = {literal} WHERE seq = {row['seq']}".replace("\\x", "\\x"))
    _tamper(world, *statements)
    proof = _verify(world, path)
    assert [(f.code, f.seq) for f in proof.findings] == [("rewritten", 21)]
    assert proof.anchored == 20


def test_a_forged_checkpoint_is_refused(trail: tuple[World, Path]) -> None:
    world, path = trail
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0].replace('"seq":20', '"seq":19'), lines[1]]) + "\n")
    assert _verify(world, path).findings[0].code == "checkpoint"
    path.write_text(lines[1] + "\n")
    assert _verify(world, path).findings[0].code == "checkpoint"


def test_random_edits_are_all_found_and_named(trail: tuple[World, Path]) -> None:
    world, path = trail
    chance = random.Random(20261123)
    bodies = {
        row["seq"]: (row["id"], row["body"])
        for row in world.rows("SELECT s.seq, e.id, e.body FROM audit_seal s JOIN audit_event e ON e.id = s.event_id")
    }
    _tamper(world)
    for _ in range(40):
        seq = chance.randrange(1, EVENTS + 1)
        event, body = bodies[seq]
        digit = chance.choice([index for index, letter in enumerate(body) if letter.isdigit()])
        other = body[:digit] + str((int(body[digit]) + 1) % 10) + body[digit + 1 :]
        try:
            if world.dialect == "sqlite":
                world.change("UPDATE audit_event SET body = :body WHERE id = :id", body=other, id=event)
            else:
                _change_pg(world, event, other)
        except DBAPIError:  # the edit itself is not valid JSON or not a valid number: the database refused it
            continue
        assert [f.seq for f in _verify(world, path).findings] == [seq]
        world.change(
            "UPDATE audit_event SET body = :body WHERE id = :id", body=body, id=event
        ) if world.dialect == "sqlite" else _change_pg(world, event, body)
    assert _verify(world, path).intact


def _change_pg(world: World, event: int, body: str) -> None:
    with writing(world.engine).begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE audit_event SET body = :body WHERE id = :id"), {"body": body, "id": event})


def test_the_guards_refuse_an_honest_update(world: World) -> None:
    _write(world, 1)
    for statement in (
        "UPDATE audit_event SET body = '{}'",
        "DELETE FROM audit_event",
        "DELETE FROM audit_seal",
    ):
        if world.dialect != "sqlite" or "seal" not in statement:
            with pytest.raises(Exception, match="append-only"):
                world.change(statement)


def test_a_walk_can_be_stopped(trail: tuple[World, Path]) -> None:
    world, path = trail
    proof = verify(
        world.engine,
        read_checkpoints(path),
        Signer(world.uow.secrets.signing_key).public_key,
        progress=lambda *_: False,
    )
    assert proof.findings[-1].code == "stopped"


@pytest.mark.postgresql
def test_the_sealer_waits_for_running_transactions(postgresql_store_url: str, secrets: object, hasher: object) -> None:
    """An event whose transaction began before others ended must not appear behind the head (design: xmin order)."""
    world = World(postgresql_store_url, secrets, hasher)  # type: ignore[arg-type]
    slow = writing(world.engine).connect()
    slow.execute(
        text('INSERT INTO audit_event (body) VALUES (\'{"at":"2026","action":"slow","actor":"a","result":"ok"}\')')
    )
    _write(world, 3)
    with writing(world.engine).begin() as connection:
        assert seal_pending(connection) == 0
    slow.commit()
    slow.close()
    with writing(world.engine).begin() as connection:
        assert seal_pending(connection) == 4
        assert chain_head(connection)[0] == 4
    world.close()
