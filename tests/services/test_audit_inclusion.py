"""One event is proven by a small file and the public key: it holds for every event and for none that was changed."""

import json
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.secrets.signing import Signer, new_signing_key
from services import merkle
from services.audit_inclusion import BadProof, NotYetProvable, ProveEvent, check_inclusion, inclusion, prove_event
from services.audit_proof import verify
from services.checkpoints import Checkpoint, checkpoint, read_checkpoints
from services.errors import NotFound, NotPermitted
from services.operator import Role, system_operator
from tests.services.world import World


def write(world: World, count: int) -> None:
    for number in range(count):
        with world.uow.begin_system(system_operator("test")) as tx:
            tx.record("test.event", about=f"ñ {number}")
            tx.commit()


def mth(entries: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written."""
    if len(entries) == 1:
        return merkle.leaf(entries[0])
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return merkle.node(mth(entries[:k]), mth(entries[k:]))


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=70), st.data())
def test_trees_are_those_of_the_rfc_and_every_path_leads_to_the_root(entries: list[bytes], data: st.DataObject) -> None:
    assert merkle.root(entries) == mth(entries)
    place = data.draw(st.integers(0, len(entries) - 1))
    way = merkle.path(entries, place)
    assert merkle.climb(entries[place], way) == merkle.root(entries)
    assert merkle.climb(entries[place] + b"x", way) != merkle.root(entries)


def test_every_event_under_a_checkpoint_is_proven_and_no_other(world: World, tmp_path: Path) -> None:
    points = tmp_path / "points.jsonl"
    key = Signer(world.uow.secrets.signing_key).public_key
    for count in (1, 6, 13):
        write(world, count)
        assert checkpoint(world.uow, points, force=True)
    write(world, 2)
    known = read_checkpoints(points)
    assert verify(world.engine, known, key).intact
    with world.engine.connect() as connection:
        for seq in range(1, 21):
            proof = inclusion(connection, known, seq)
            found = check_inclusion(proof, key)
            assert (found.seq, found.store) == (seq, "test-store") and found.body["action"] == "test.event"
            assert len(proof) < 2500 and found.checkpoint == next(n for n in (1, 7, 20) if n >= seq)
        with pytest.raises(NotFound):
            inclusion(connection, known, 999)
        if world.dialect == "sqlite":
            with pytest.raises(NotYetProvable):
                inclusion(connection, known, 21)


def test_the_checker_of_the_docs_agrees(sqlite_world: World, tmp_path: Path) -> None:
    """The program of the page, run on its own, over a good proof and a changed one."""
    world, points = sqlite_world, tmp_path / "points.jsonl"
    write(world, 11)
    checkpoint(world.uow, points, force=True)
    page = Path(__file__).parents[2] / "docs" / "prueba-de-un-evento.md"
    (program,) = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    (tmp_path / "check.py").write_text(program, "utf-8")
    (tmp_path / "key.pem").write_text(Signer(world.uow.secrets.signing_key).public_pem(), "ascii")
    with world.engine.connect() as connection:
        proof = inclusion(connection, read_checkpoints(points), 5)
    for content, code in ((proof, 0), (proof.replace("ñ 4", "ñ 3"), 1), (proof.replace('"seq":11', '"seq":12'), 1)):
        (tmp_path / "proof.json").write_text(content, "utf-8")
        command = [sys.executable, "-I", "check.py", "proof.json", "key.pem"]
        assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == code


def test_a_changed_proof_proves_nothing(sqlite_world: World, tmp_path: Path) -> None:
    world, points = sqlite_world, tmp_path / "points.jsonl"
    write(world, 11)
    checkpoint(world.uow, points, force=True)
    key = Signer(world.uow.secrets.signing_key).public_key
    with world.engine.connect() as connection:
        proof = inclusion(connection, read_checkpoints(points), 5)
    chance = random.Random(3)
    for _ in range(300):
        at = chance.randrange(len(proof))
        sign = chance.choice([sign for sign in "0123456789abcdef{}x" if sign != proof[at]])
        with pytest.raises(BadProof):
            check_inclusion(proof[:at] + sign + proof[at + 1 :], key)
    other = Signer(new_signing_key()).public_key
    for content, by in ((proof, other), ("", key), ("[]", key), ("null", key), (proof[:-9], key)):
        with pytest.raises(BadProof):
            check_inclusion(content, by)
    twisted = json.loads(proof)
    twisted["seq"] = 6
    with pytest.raises(BadProof):
        check_inclusion(json.dumps(twisted), key)


def test_lines_of_the_first_version_stay_good(sqlite_world: World, tmp_path: Path) -> None:
    """A file that was begun before trees were signed goes on with them."""
    world, points = sqlite_world, tmp_path / "points.jsonl"
    write(world, 3)
    made = checkpoint(world.uow, points, force=True)
    assert made
    signer = Signer(world.uow.secrets.signing_key)
    from services.checkpoints import _append

    points.unlink()
    _append(points, signer, Checkpoint(made.store, 3, made.head, made.at, "", made.key, b"", 1))
    write(world, 3)
    assert checkpoint(world.uow, points, force=True)
    first, second = read_checkpoints(points)
    assert (first.payload()["v"], second.payload()["v"], second.first, second.seq) == (1, 2, 4, 6)
    assert verify(world.engine, [first, second], signer.public_key).intact
    with world.engine.connect() as connection, pytest.raises(NotYetProvable):
        inclusion(connection, [first, second], 2)


def test_the_proof_is_written_for_its_reader_and_told(sqlite_world: World, tmp_path: Path) -> None:
    world, points = sqlite_world, tmp_path / "points.jsonl"
    reader = world.staff("auditora", (Role.AUDITOR,))
    write(world, 4)
    checkpoint(world.uow, points, force=True)
    path = prove_event(ProveEvent(2, points, tmp_path), reader, world.uow)
    key = Signer(world.uow.secrets.signing_key).public_key
    assert path.name == "prueba-evento-2.json" and check_inclusion(path.read_text("utf-8"), key).seq == 2
    assert path.stat().st_mode & 0o077 == 0
    assert world.events("audit.prove")[0]["detail"] == {"event": 2}
    with pytest.raises(NotPermitted):
        prove_event(ProveEvent(2, points, tmp_path), world.staff(), world.uow)
