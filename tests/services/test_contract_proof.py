"""Signed contracts proven in the store and from files alone; every changed byte ends the proof (E1, req. 36)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from data.secrets.signing import Signer, new_signing_key
from services.contract_proof import (
    FILES,
    SEAL,
    ExportFailed,
    Verdict,
    export_contract,
    signatures,
    verify_contract,
    verify_files,
)
from services.errors import NotFound
from services.operator import system_operator
from tests.services.portal_door import member_inside
from tests.services.world import World

CONSOLE = system_operator("contract.verify (root)")


@pytest.fixture
def signature(world: World) -> str:
    member_inside(world)
    return str(world.scalar("SELECT id FROM contract_signature"))


def checked(world: World, signature: str) -> Verdict:
    return verify_contract(signature, CONSOLE, world.uow)


def unguarded(world: World, statement: str, **values: object) -> None:
    """What somebody with the database in hand can do: take the guards off first."""
    for table in ("contract_signature", "audit_event"):
        if world.dialect == "sqlite":
            for what in ("update", "delete"):
                world.change(f"DROP TRIGGER IF EXISTS {table}_no_{what}")
        else:
            world.change(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}")
    world.change(statement, **values)


def test_what_was_signed_fits_and_the_check_is_told(world: World, signature: str) -> None:
    verdict = checked(world, signature)
    assert verdict.intact and verdict.summary.startswith("La evidencia coincide")
    (event,) = world.events("contract.verify")
    assert event["object"] == f"contract:{signature}" and event["result"] == "ok"
    (row,) = signatures(world.uow, CONSOLE)
    assert (row.id, row.number, row.version) == (signature, "50012", "2026-11")
    assert signatures(world.uow, CONSOLE, "99999") == ()
    with pytest.raises(NotFound):
        checked(world, signature[:-1] + "x")


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("text", "texto"),
        ("text_sha256", "texto"),
        ("template_sha256", "plantilla"),
        ("evidence", "evidencia"),
        ("evidence_sha256", "evidencia"),
        ("version", "versión"),
    ],
)
def test_one_changed_character_in_the_store_is_found(world: World, signature: str, column: str, said: str) -> None:
    kept = str(world.scalar(f"SELECT {column} FROM contract_signature"))
    for at in {0, len(kept) // 2, len(kept) - 1}:
        changed = kept[:at] + ("0" if kept[at] != "0" else "1") + kept[at + 1 :]
        unguarded(world, f"UPDATE contract_signature SET {column} = :value", value=changed)
        verdict = checked(world, signature)
        assert not verdict.intact and verdict.summary.startswith("La evidencia no coincide: "), (column, at)
        assert any(said in finding for finding in verdict.findings), verdict.findings
    unguarded(world, f"UPDATE contract_signature SET {column} = :value", value=kept)
    assert checked(world, signature).intact


def test_the_trail_is_part_of_the_proof(world: World, signature: str) -> None:
    body = str(world.scalar("SELECT body FROM audit_event WHERE action = 'contract.sign'"))
    update = "UPDATE audit_event SET body = :body WHERE action = 'contract.sign'"
    for old, new in (('"result":"ok"', '"result":"no"'), ('"channel":"web"', '"channel":"cis"')):
        unguarded(world, update, body=body.replace(old, new))
        sealed = world.scalar("SELECT count(*) FROM audit_seal") == len(world.events())
        assert checked(world, signature).intact is (not sealed and "channel" in old)
        unguarded(world, update, body=body)
    unguarded(world, update, body=body.replace(signature, signature[::-1]))
    assert checked(world, signature).findings == ("la auditoría no tiene el evento de la firma",)


def test_files_alone_prove_it(world: World, signature: str, tmp_path: Path) -> None:
    key = Signer(world.uow.secrets.signing_key).public_key
    folder = export_contract(signature, tmp_path, CONSOLE, world.uow)
    assert {path.name for path in folder.iterdir()} == {*FILES, SEAL}
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    verdict = verify_files(folder, key)
    assert verdict.intact and verdict.id == signature
    assert not verify_files(folder, Signer(new_signing_key()).public_key).intact
    assert verify_files(tmp_path / "nada", key).findings == ("falta el archivo «contrato.txt»",)


def test_every_changed_byte_of_every_file_is_found(world: World, signature: str, tmp_path: Path) -> None:
    key = Signer(world.uow.secrets.signing_key).public_key
    folder = export_contract(signature, tmp_path, CONSOLE, world.uow)
    tried = 0
    for path in sorted(folder.iterdir()):
        kept = path.read_bytes()
        for at in range(0, len(kept), max(1, len(kept) // 40)):
            path.write_bytes(kept[:at] + bytes([kept[at] ^ 1]) + kept[at + 1 :])
            assert verify_files(folder, key).summary.startswith("La evidencia no coincide: "), (path.name, at)
            tried += 1
        path.write_bytes(kept + b"\n")
        assert not verify_files(folder, key).intact, path.name
        path.unlink()
        assert verify_files(folder, key).findings == (f"falta el archivo «{path.name}»",)
        path.write_bytes(kept)
    assert tried > 250 and verify_files(folder, key).intact


def test_files_of_two_signatures_do_not_mix(world: World, signature: str, tmp_path: Path) -> None:
    key = Signer(world.uow.secrets.signing_key).public_key
    member_inside(world, "50013", "mperez", "Uprueba02")
    other = next(row.id for row in signatures(world.uow, CONSOLE) if row.id != signature)
    one, two = (export_contract(name, tmp_path, CONSOLE, world.uow) for name in (signature, other))
    for name in FILES:
        if (one / name).read_bytes() != (two / name).read_bytes():
            mixed = tmp_path / "mixta"
            shutil.copytree(one, mixed)
            shutil.copy(two / name, mixed / name)
            assert not verify_files(mixed, key).intact, name
            shutil.rmtree(mixed)


def test_what_does_not_fit_is_not_exported(world: World, signature: str, tmp_path: Path) -> None:
    unguarded(world, "UPDATE contract_signature SET text_sha256 = :value", value="0" * 64)
    with pytest.raises(ExportFailed) as caught:
        export_contract(signature, tmp_path / "fuera", CONSOLE, world.uow)
    assert caught.value.user_text.startswith("La evidencia no coincide") and not (tmp_path / "fuera").exists()


def test_the_exported_record_is_what_others_can_check_with_common_tools(
    world: World, signature: str, tmp_path: Path
) -> None:
    import hashlib

    folder = export_contract(signature, tmp_path, CONSOLE, world.uow)
    record = json.loads((folder / "registro.json").read_text())
    for name, column in (("contrato.txt", "text"), ("plantilla.toml", "template"), ("evidencia.json", "evidence")):
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == record[f"{column}_sha256"]
