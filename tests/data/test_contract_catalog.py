"""The contract's texts: what the guide shows, twenty-two clauses, versions that never change (S70–S73, req. 36–37)."""

import unicodedata
from datetime import date

import pytest

from data.catalog.contract import (
    LEAST_CLAUSES,
    Party,
    load_contracts,
    ordinal,
    parse_contract,
    template_bytes,
    version_on,
)
from data.catalog.reader import CatalogError

#: Every version that was ever shipped, by the hash of its file. Signatures rest on these bytes: add lines, change none.
SHIPPED = {"2026-11": "aaefb1342dfcbce732786334911dcbfbc8911bd7ea2646952348c9e3444b91da"}
PARTY = Party("MARTA ELENA RÍOS QUINTERO", "8-218-25000", "asociada", "50000")
LAST_CLAUSE = (
    "VIGÉSIMA SEGUNDA: En caso de cualquier controversia se aplicarán las leyes de la República de Panamá y/o "
    "reglamentos de LA COOPERATIVA y serán competentes para conocer de cualquier acción judicial derivada de "
    "este contrato, los Tribunales de la Ciudad de Panamá, República de Panamá y los organismos directivos de "
    "LA COOPERATIVA."
)
BEFORE_IT = (
    "declarada nula o ilegal, y los derechos y obligaciones de LAS PARTES serán interpretadas y observadas en la "
    "forma que en derecho proceda. Declara EL CLIENTE que ha leído y aceptado los términos y condiciones que aparecen "
    "en este Contrato."
)
CLOSING = (
    "EN FE DE LO CUAL, las partes firman el presente contrato, en la ciudad de Panamá, República de Panamá a los 27 "
    "días del mes Diciembre del año 2018."
)


def test_versions_that_were_shipped_are_there_unchanged() -> None:
    assert {name: one.sha256 for name, one in load_contracts().items()} == SHIPPED
    for name, one in load_contracts().items():
        assert template_bytes(name).startswith(b"#") and parse_contract(template_bytes(name), f"{name}.toml") == one
    with pytest.raises(LookupError):
        template_bytes("2018-12")


def test_the_shown_passages_stand_word_for_word() -> None:
    text = version_on(date(2026, 11, 25)).render(PARTY, date(2018, 12, 27))
    paragraphs = text.split("\n\n")
    assert paragraphs[-1] == CLOSING + "\n"
    assert paragraphs[-2] == LAST_CLAUSE
    assert paragraphs[-3].startswith("VIGÉSIMA PRIMERA: ") and paragraphs[-3].endswith(BEFORE_IT)


def test_it_says_that_it_is_a_model_and_numbers_its_clauses() -> None:
    for one in load_contracts().values():
        assert not one.model or "MODELO" in one.notice
        assert len(one.clauses) >= LEAST_CLAUSES
        assert [clause.ordinal for clause in one.clauses][:2] == ["PRIMERA", "SEGUNDA"]
    assert [ordinal(number) for number in (1, 9, 10, 11, 20, 22, 30, 41)] == [
        *("PRIMERA", "NOVENA", "DÉCIMA", "DÉCIMA PRIMERA", "VIGÉSIMA", "VIGÉSIMA SEGUNDA", "TRIGÉSIMA"),
        "CUADRAGÉSIMA PRIMERA",
    ]


def test_it_names_who_signs_and_is_nfc() -> None:
    contract = version_on(date(2026, 11, 25))
    decomposed = Party(unicodedata.normalize("NFD", PARTY.name), PARTY.cedula, PARTY.kind, PARTY.number)
    text = contract.render(decomposed, date(2026, 11, 25))
    assert unicodedata.is_normalized("NFC", text) and text == contract.render(PARTY, date(2026, 11, 25))
    for value in (PARTY.name, PARTY.cedula, "asociada número 50000", "25 días del mes Noviembre del año 2026"):
        assert value in text
    assert "{" not in text


def test_a_name_is_never_read_as_a_field() -> None:
    text = version_on(date(2026, 11, 25)).render(
        Party("JUAN {date}\x1b[31m", "8-1-1", "asociado", "1"), date(2026, 11, 25)
    )
    assert "JUAN {date}·[31m" in text and "\x1b" not in text


def test_the_version_of_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    from data.catalog import contract as catalog

    old, new = load_contracts()["2026-11"], parse_contract(newer(), "2027-02.toml")
    monkeypatch.setattr(catalog, "load_contracts", lambda: {old.version: old, new.version: new})
    days = [date(2018, 12, 27), date(2026, 11, 1), date(2027, 1, 31), date(2027, 2, 1), date(2030, 1, 1)]
    assert [version_on(day).version for day in days] == ["2026-11", "2026-11", "2026-11", "2027-02", "2027-02"]


def newer() -> bytes:
    return template_bytes("2026-11").replace(b'"2026-11"', b'"2027-02"').replace(b"2026-11-01", b"2027-02-01")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b'version = "2026-11"', b'version = "2026-12"', "nombre del archivo"),
        (b'ordinal = "SEGUNDA"', b'ordinal = "TERCERA"', "se llama SEGUNDA"),
        (b"a los {date}.", b"hoy.", "closing"),
        (b"otra {name}", b"otra EL SOCIO", "preamble"),
        (b"La consulta de cuentas no tiene costo.", b"Cuesta {number}.", "no llevan campos"),
        (b"model = true", b"model = 1", "tipo esperado"),
    ],
)
def test_a_broken_contract_is_refused(old: bytes, new: bytes, problem: str) -> None:
    source = template_bytes("2026-11")
    assert old in source
    with pytest.raises(CatalogError) as caught:
        parse_contract(source.replace(old, new, 1), "2026-11.toml")
    assert problem in caught.value.message_es


def test_a_contract_with_a_clause_less_is_refused() -> None:
    source = template_bytes("2026-11")
    cut = source.rindex(b"[[clause]]")
    with pytest.raises(CatalogError, match="22 cláusulas"):
        parse_contract(source[:cut], "2026-11.toml")
