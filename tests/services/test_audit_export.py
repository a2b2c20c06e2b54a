"""An export holds what fits, whole and harmless to spreadsheets, with a manifest that proves file and person."""

import base64
import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from data.secrets.signing import Signer, verify
from services import audit_export
from services.audit_chain import first_hash, link
from services.audit_export import ExportAudit, Exported, ExportNotSaved, export_audit
from services.audit_filter import parse_filter
from services.audit_trail import canonical
from services.errors import InvalidInput, NotPermitted, ReauthenticationNeeded
from services.operations import Op
from services.operator import Operator, Role
from services.worker import seal
from tests.services.world import World

NASTY = '=HYPERLINK("http://x";"y")\r\n"a",b'


def auditor(world: World) -> Operator:
    return world.staff("auditora", (Role.AUDITOR,))


def some(world: World) -> None:
    agent, member = world.staff(), world.member("50012")
    for reason in (NASTY, "-1", "+5", "@x", "\tx", "ella <lo> & pidió"):
        with world.uow.begin(agent, Op.QUEUE_VIEW) as tx:
            tx.record("transfer.own", member=member, reason=reason, detail={"amount": 7500})
            tx.commit()
    seal(world.uow)


def export(world: World, reader: Operator, folder: Path, kind: str, line: str = "agente:mrodriguez") -> Exported:
    command = ExportAudit(kind, "Revisión trimestral", folder, parse_filter(line), line)
    return export_audit(command, reader, world.uow)


def test_csv_is_whole_marked_and_runs_nothing(world: World, tmp_path: Path) -> None:
    reader = auditor(world)
    some(world)
    done = export(world, reader, tmp_path, "csv")
    content = done.path.read_bytes()
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert done.rows == len(rows) == 6 and content.count(b"\r\n") == 7
    assert not [cell for row in rows for cell in row.values() if cell[:1] in "=+-@\t\0" and cell]
    assert rows[0]["motivo"].startswith("'=HYPERLINK") and rows[1]["motivo"] == "'-1"
    assert (rows[0]["monto_centesimos"], rows[0]["asociado"]) == ("7500", "50012")
    assert rows[0]["hora_panama"] == "23/11/2026 09:00:00"
    assert all(row["marca_de_agua"].startswith("auditora · 23/11/2026 09:00 · ") for row in rows)


def test_the_manifest_is_signed_and_the_trail_names_the_file(world: World, tmp_path: Path) -> None:
    reader = auditor(world)
    some(world)
    done = export(world, reader, tmp_path, "csv")
    manifest = json.loads(done.manifest.read_text("utf-8"))
    signature = base64.b64decode(manifest.pop("signature"))
    key = Signer(world.uow.secrets.signing_key).public_key
    assert verify(key, canonical(manifest).encode(), signature)
    assert manifest["sha256"] == hashlib.sha256(done.path.read_bytes()).hexdigest() == done.sha256
    assert (manifest["by"], manifest["rows"], manifest["line"]) == ("auditora", 6, "agente:mrodriguez")
    (event,) = world.events("audit.export")
    assert event["detail"]["sha256"] == done.sha256 and event["reason"] == "Revisión trimestral"
    assert event["object"] == f"export:{manifest['id']}"
    assert all(path.stat().st_mode & 0o077 == 0 for path in (done.path, done.manifest))


def test_lines_of_json_hold_the_sealed_bytes(world: World, tmp_path: Path) -> None:
    reader = auditor(world)
    some(world)
    lines = [
        json.loads(line) for line in export(world, reader, tmp_path, "jsonl").path.read_text("utf-8").split("\n")[:-1]
    ]
    head = first_hash("test-store")
    for line in lines:
        head = link(head, line["seq"], line["body"].encode())
        assert head.hex() == line["hash"]
    assert len(lines) == 6


def test_a_sheet_holds_the_same_cells(sqlite_world: World, tmp_path: Path) -> None:
    reader = auditor(sqlite_world)
    some(sqlite_world)
    sheet = export(sqlite_world, reader, tmp_path, "xlsx")
    table = export(sqlite_world, reader, tmp_path, "csv")
    with zipfile.ZipFile(sheet.path) as book:
        assert book.testzip() is None
        for name in book.namelist():
            ElementTree.fromstring(book.read(name))
        tree = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    cells = [[cell.text or "" for cell in row.iter(f"{space}t")] for row in tree.iter(f"{space}row")]
    wanted = list(csv.reader(io.StringIO(table.path.read_text("utf-8-sig"), newline="")))
    assert [row[:-1] for row in cells] == [row[:-1] for row in wanted] and len(cells) == 7


@pytest.mark.parametrize(("kind", "reason"), [("pdf", "Revisión trimestral"), ("csv", "x"), ("csv", "")])
def test_what_is_not_understood_leaves_no_file(sqlite_world: World, tmp_path: Path, kind: str, reason: str) -> None:
    with pytest.raises(InvalidInput):
        export_audit(ExportAudit(kind, reason, tmp_path / "out"), auditor(sqlite_world), sqlite_world.uow)
    assert not (tmp_path / "out").exists()


def test_an_export_that_cannot_be_told_or_kept_leaves_nothing(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = auditor(sqlite_world)
    some(sqlite_world)
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(ExportNotSaved):
        export(sqlite_world, reader, blocked / "x", "csv")

    def broken(*_: object) -> None:
        raise OSError("full")

    monkeypatch.setattr(audit_export, "write_private", broken)
    with pytest.raises(ExportNotSaved):
        export(sqlite_world, reader, tmp_path / "out", "csv")
    assert list((tmp_path / "out").iterdir()) == []
    assert [event["result"] for event in sqlite_world.events("audit.export")] == []


def test_rights_and_a_fresh_password(sqlite_world: World, tmp_path: Path) -> None:
    reader = auditor(sqlite_world)
    with pytest.raises(NotPermitted):
        export(sqlite_world, sqlite_world.staff(), tmp_path / "out", "csv")
    sqlite_world.change("UPDATE staff_session SET authenticated_at = '2026-11-23T13:00:00.000000Z'")
    with pytest.raises(ReauthenticationNeeded):
        export(sqlite_world, reader, tmp_path / "out", "csv")
    assert not (tmp_path / "out").exists()
