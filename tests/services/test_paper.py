"""What stands on paper is compared with the trail: it fits, and every change behind the program's back shows (C1)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import segno

from data.secrets.signing import Signer
from services.checkpoints import checkpoint, read_checkpoints
from services.document_pdf import Code, document_pdf
from services.paper_check import PaperCheck, check_paper
from services.paper_seal import Printed, paper_seal, read_printed
from services.receipt_files import save_receipt
from services.receipts import Receipt
from services.short_marks import last_mark
from tests.services.counters import Counter
from tests.services.test_ledger_check import tamper
from tests.services.world import World


def deposit(world: World) -> Receipt:
    counter = Counter(world)
    counter.open(500_00)
    return counter.deposit(75_00)


def compare(world: World, path: Path, code: str) -> PaperCheck:
    key = Signer(world.uow.secrets.signing_key).public_key
    return check_paper(world.engine, read_checkpoints(path), key, *read_printed(code))


def test_a_receipt_before_the_first_checkpoint_says_so_and_is_covered_later(world: World, tmp_path: Path) -> None:
    receipt, path = deposit(world), tmp_path / "points.jsonl"
    code = paper_seal(path, receipt.sealed).code
    assert re.fullmatch(r"COOP1 0 [0-9]+(-[0-9A-F]{4}){4}", code)
    assert paper_seal(path, receipt.sealed).lines[0] == ("Control", "aún no hay punto de control")
    if world.dialect == "sqlite":  # elsewhere the event waits for its seal until the sealer comes
        assert "lo cubrirá el siguiente" in compare(world, path, code).lines[-1]
    point = checkpoint(world.uow, path, force=True)
    assert point is not None
    found = compare(world, path, code)
    assert found.fits and f"lo cubre el punto de control del evento {point.seq}" in found.lines[-1]
    assert "Depósito en efectivo por B/.75.00" in found.lines[1]


def test_the_paper_has_it_as_text_and_as_a_code_that_can_be_read(world: World, tmp_path: Path) -> None:
    receipt, path = deposit(world), tmp_path / "points.jsonl"
    checkpoint(world.uow, path, force=True)
    seal = paper_seal(path, receipt.sealed)
    paper, text = save_receipt(receipt, tmp_path, path)
    lines = text.read_text("utf-8").splitlines()
    assert max(map(len, lines)) <= 40
    values = [line.split()[-1] for line in lines if line.startswith(("Control", "Sello"))]
    assert values == seal.code.split()[1:]
    assert dark_modules(paper.read_bytes()) == symbol(seal.code)
    assert save_receipt(receipt, tmp_path, path)[0].read_bytes() == paper.read_bytes()
    assert read_printed(seal.code) == read_printed(" ".join(values)) == read_printed(" ".join(values).lower())


def symbol(code: str) -> int:
    """How many modules of the code are dark."""
    return sum(sum(row) for row in segno.make(code, micro=False, error="m").matrix)


def dark_modules(content: bytes) -> int:
    """The same, counted from the boxes of two points' height that the page draws."""
    boxes = re.findall(rb"[0-9.]+ [0-9.]+ ([0-9.]+) 2 re f", content)
    return sum(int(float(width)) // 2 for width in boxes)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE operation SET body = replace(body, '7500', '7600') WHERE seq = {operation}", "fue cambiado"),
        ("UPDATE audit_event SET body = replace(body, '\"object\"', '\"objeto\"')", "no cuenta"),
        ("UPDATE audit_event SET body = replace(body, '\"ok\"', '\"no\"')", "fue alterado"),
        ("UPDATE audit_seal SET hash = zeroblob(32) WHERE seq = {mark}", "escrita de nuevo"),
        ("DELETE FROM audit_seal WHERE seq >= {mark}", "la cadena fue cortada"),
    ],
)  # fmt: skip
def test_what_was_changed_no_longer_fits(sqlite_world: World, tmp_path: Path, change: str, told: str) -> None:
    world = sqlite_world
    receipt, path = deposit(world), tmp_path / "points.jsonl"
    point = checkpoint(world.uow, path, force=True)
    assert point is not None and receipt.sealed is not None
    code = paper_seal(path, receipt.sealed).code
    assert compare(world, path, code).fits
    statement = change.format(operation=receipt.sealed[0], mark=point.seq)
    tamper(world, statement)
    found = compare(world, path, code)
    assert not found.fits and any(told in line for line in found.lines), found.lines


def test_a_mark_is_the_file_s_last_whole_line(world: World, tmp_path: Path) -> None:
    path = tmp_path / "points.jsonl"
    deposit(world)
    checkpoint(world.uow, path, force=True)
    first = last_mark(path)
    deposit_again = world.staff("otra")
    with world.uow.begin_system(deposit_again) as tx:
        tx.record("store.test")
        tx.commit()
    checkpoint(world.uow, path, force=True)
    second = last_mark(path)
    assert first is not None and second is not None and second.seq > first.seq
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])  # another process is in the middle of writing
    assert last_mark(path) == first


def test_what_is_no_short_form_is_refused() -> None:
    assert read_printed("1234 9f86d081884c7d65") == (Printed(1234, "9f86d081884c7d65"), None)
    for bad in ("", "COOP1", "0", "12-9F86", "x-9F86-D081-884C-7D65", "1-9F86-D081-884C-7D65 2-1"):
        with pytest.raises(ValueError, match="no short form"):
            read_printed(bad)


def test_a_report_s_code_is_drawn_too() -> None:
    text = "1200-9F86-D081-884C-7D65"
    assert document_pdf("x", [Code(text, "al lado")], "pie") == document_pdf("x", [Code(text, "al lado")], "pie")
