"""Import files as bytes and rows: whatever is in them ends in rows or in file, line and reason, never in a crash."""

from __future__ import annotations

import string
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.imports import (
    FileKind,
    Problems,
    TooManyProblems,
    movement_key,
    parse_account,
    parse_member,
    parse_movement,
    read_rows,
    read_source,
)
from data.values.errors import InvalidValue

TODAY = date(2026, 11, 23)
HEADER = "numero,tipo,cedula,nombres,apellidos,fecha_nacimiento,correo,celular,sucursal\n"
ROW = "50001,asociado,8-740-100,Rosa,Muñoz Carrizo,13/12/1970,rosa@example.com,6198-2829,018\n"
MEMBER = tuple(ROW.strip().split(","))
ACCOUNT = ("06-001-50002-1", "50002", "AHORROS", "26/02/1993")
MOVEMENT = ("171812", "06-055-50661-1", "01/01/1993", "credito", "900.00", "900.00")


def rows_of(path: Path, content: str | bytes) -> tuple[list[tuple[int, tuple[str, ...]]], list[str]]:
    """The rows that a file with this content gives, and what was found wrong with it."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    problems = Problems()
    found: list[tuple[int, tuple[str, ...]]] = []
    try:
        source = read_source(path, problems)
        found = list(read_rows(source, problems)) if source else []
    except TooManyProblems:
        pass
    return found, [str(problem) for problem in problems.found]


def changed(row: tuple[str, ...], place: int, value: str) -> tuple[str, ...]:
    return (*row[:place], value, *row[place + 1 :])


@pytest.mark.parametrize(
    "content",
    [
        HEADER + ROW,
        (HEADER + ROW).replace("\n", "\r\n"),
        b"\xef\xbb\xbf" + (HEADER + ROW).encode(),
        HEADER + ROW.rstrip("\n"),
        HEADER + "\n" + ROW + "\n\n",
        HEADER.upper() + ROW,
        HEADER + ROW.replace("Rosa", '"Rosa"'),
    ],
)
def test_usual_spellings_of_a_file(tmp_path: Path, content: str | bytes) -> None:
    found, problems = rows_of(tmp_path / "socios.csv", content)
    assert problems == [] and [fields for _, fields in found] == [MEMBER]


def test_columns_in_any_order_and_the_kind_from_the_header(tmp_path: Path) -> None:
    content = "apertura,producto,socio,cuenta\n26/02/1993,AHORROS,50002,06-001-50002-1\n"
    (tmp_path / "x.csv").write_text(content)
    problems = Problems()
    source = read_source(tmp_path / "x.csv", problems)
    assert source is not None and source.kind is FileKind.ACCOUNTS
    assert list(read_rows(source, problems)) == [(2, ACCOUNT)]


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("", 1, "vacío"),
        ("a,b,c\n1,2,3\n", 1, "no es de socios, cuentas ni movimientos"),
        ((HEADER + ROW).replace(",", ";"), 1, "coma"),
        (HEADER.replace(",celular", "") + ROW, 1, "faltan celular"),
        (HEADER.replace("sucursal", "sucursal,clave") + ROW, 1, "sobran 1"),
        (HEADER.replace("correo", "tipo") + ROW, 1, "faltan correo"),
        (HEADER + ROW.replace(",018", ""), 2, "tiene 8 columnas"),
        (HEADER + ROW + ROW.replace("018", "018,9"), 3, "tiene 10 columnas"),
        (HEADER + ROW.replace("Rosa", '"Rosa'), 2, "comillas"),
        (HEADER + ROW.replace("Rosa", '"Ro"sa'), 2, "comillas"),
        (HEADER + ROW + ROW.replace("Rosa", "Ro\x00sa"), 3, "U+0000"),
        (HEADER + ROW.replace("Rosa", "Ro\x1b]52;c;aGk=\x07sa"), 2, "U+001B"),
        (HEADER + ROW.replace("Rosa", "Ro\u202esa"), 2, "U+202E"),
        (HEADER + ROW.replace("Rosa", '"Ro\nsa"'), 2, "U+000A"),
        (HEADER + ROW.replace("Rosa", "R" * 10_000), 2, "10000 caracteres"),
        (HEADER + ROW.replace("Rosa", "R" * 200_000), 2, "no se pudo leer"),
        ((HEADER + ROW).encode("utf-16"), 1, "UTF-16"),
        (HEADER.encode() + ROW.encode("latin-1"), 2, "no son UTF-8"),
        ((HEADER + ROW).replace("\n", "\r"), 1, "no es de socios"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, content: str | bytes, line: int, reason: str) -> None:
    _, problems = rows_of(tmp_path / "socios.csv", content)
    assert len(problems) == 1
    assert problems[0].startswith(f"socios.csv, línea {line}: ") and reason in problems[0], problems
    assert problems[0].isprintable()


def test_a_file_that_is_not_there_or_is_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "nada.csv", tmp_path):
        problems = Problems()
        assert read_source(path, problems) is None
        assert "no se puede leer" in str(problems.found[0])


def test_fifty_findings_are_enough(tmp_path: Path) -> None:
    _, problems = rows_of(tmp_path / "socios.csv", HEADER + "x,y\n" * 60)
    assert len(problems) == 50


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300) | st.text(st.sampled_from(string.printable + 'ñ\u202e\x00",\r\n'), max_size=300))
def test_no_content_crashes_the_reader(tmp_path: Path, content: bytes | str) -> None:
    raw = content if isinstance(content, bytes) else content.encode()
    for start in (b"", HEADER.encode()):
        found, problems = rows_of(tmp_path / "f.csv", start + raw)
        assert all(len(fields) == 9 for _, fields in found if start)
        assert all(problem.isprintable() for problem in problems)


def test_a_member_row_becomes_canonical() -> None:
    person = ("50001", "Asociado", "08-0740-00100", "  José   Ángel ", "O'Neill", "3-2-1980")
    fields = (*person, "", "+507 6198 2829", "018")
    row = parse_member("s.csv", 7, fields, TODAY)
    assert (row.kind, row.cedula, row.given_names, row.email) == ("asociado", "8-740-100", "José Ángel", None)
    assert (row.phone, row.birth_date) == ("+50761982829", date(1980, 2, 3))


def test_markup_in_a_name_is_text_like_any_other() -> None:
    row = parse_member("s.csv", 2, changed(MEMBER, 3, "[@click=app.quit]Rosa[/]"), TODAY)
    assert row.given_names == "[@click=app.quit]Rosa[/]"


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (0, "", "numero"),
        (0, "050001", "sin ceros delante"),
        (0, "5٣", "numero"),
        (1, "socio", "asociado o tercero"),
        (2, "14-1-1", "cedula: Cédula no válida"),
        (3, "", "nombres: falta"),
        (3, "123 ..", "no tiene letras"),
        (4, "Muñoz " * 20, "apellidos: pasa de 100"),
        (5, "31/02/1990", "Fecha no válida"),
        (5, "01/01/2030", "futuro"),
        (5, "01/01/1890", "120 años"),
        (6, "rosa@", "correo: Correo no válido"),
        (6, "a@b.com, c@d.com", "correo"),
        (7, "205-0911", "celular: Celular no válido"),
        (8, "18", "sucursal: lleva tres dígitos"),
    ],
)
def test_faulty_members(place: int, value: str, said: str) -> None:
    with pytest.raises(InvalidValue) as found:
        parse_member("s.csv", 2, changed(MEMBER, place, value), TODAY)
    assert said in found.value.message_es


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (0, "06-001", "cuenta: Cuenta no válida"),
        (0, "07-001-50002-1", "empieza con 06"),
        (1, "x", "socio"),
        (2, "BITCOIN", "producto"),
        (2, "PRÉSTAMO PERSONAL", "no es una cuenta de depósito"),
        (3, "1993-02-26", "apertura"),
        (3, "24/11/2026", "futuro"),
    ],
)
def test_faulty_accounts(place: int, value: str, said: str) -> None:
    assert parse_account("c.csv", 2, ACCOUNT, TODAY).product == "06"
    with pytest.raises(InvalidValue) as found:
        parse_account("c.csv", 2, changed(ACCOUNT, place, value), TODAY)
    assert said in found.value.message_es


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (0, "", "referencia"),
        (0, "a b", "referencia"),
        (1, "x", "cuenta"),
        (2, "24/11/2026", "futuro"),
        (3, "abono", "credito o debito"),
        (4, "0.00", "mayor que cero"),
        (4, "-5.00", "mayor que cero"),
        (4, "1,000.00", "monto"),
        (4, "1.005", "monto"),
        (4, "NaN", "monto"),
        (5, "", "saldo"),
        (5, "1e3", "saldo"),
    ],
)
def test_faulty_movements(place: int, value: str, said: str) -> None:
    with pytest.raises(InvalidValue) as found:
        parse_movement("m.csv", 2, changed(MOVEMENT, place, value), TODAY)
    assert said in found.value.message_es


def test_amounts_are_signed_centesimos_and_keys_never_change() -> None:
    row = parse_movement("m.csv", 2, changed(changed(MOVEMENT, 3, "débito"), 5, "-12.30"), TODAY)
    assert (row.amount, row.balance) == (-90000, -1230)
    # Written down, because every import ever made rests on it.
    assert movement_key("171812") == ("75a0eb77-f7ac-519e-bef6-ea24ef66554d", "mov:171812")
    assert movement_key("1")[0] != movement_key("2")[0]
