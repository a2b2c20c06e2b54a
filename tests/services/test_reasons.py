"""The reasons that are offered, and what a reason may hold (req. 48, 52)."""

import pytest

from data.catalog.reader import CatalogError
from data.catalog.reasons import load_reasons, parse_reasons
from services.errors import InvalidInput
from services.operations import Op
from services.policy import load_policy
from services.reasons import check_reason, reasons_for


@pytest.mark.parametrize("op", [op for op, rule in load_policy().operations.items() if rule.reason])
def test_every_operation_that_asks_offers_reasons_that_pass(op: Op) -> None:
    offered = reasons_for(op)
    assert offered
    assert [check_reason(text) for text in offered] == list(offered)


def test_only_operations_that_ask_have_reasons() -> None:
    asking = {op.value for op, rule in load_policy().operations.items() if rule.reason}
    assert set(load_reasons().by_operation) == asking
    assert reasons_for(Op.RECORD_VIEW) == ()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  pidió   ayuda ", "pidió ayuda"),
        ("llamó\x1b[31m hoy", "llamó·[31m hoy"),
        ("x" * 500, "x" * 199 + "…"),
        ("transfirió 1,322.64 el 23-11-2026", "transfirió 1,322.64 el 23-11-2026"),
        ("llamó el 5/11/2026", "llamó el 5/11/2026"),
        ("llamó al 6123-4567 y al 205-0911", "llamó al 6123-4567 y al 205-0911"),
    ],
)
def test_a_reason_is_one_clean_line(typed: str, kept: str) -> None:
    assert check_reason(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        "abcd",
        ". . . . . .",
        "•••••••",
        "es 4111-1111-1111-1111",
        "x" * 300 + " 4111111111111111",
        "es 8-123-456",
        "E-8-102017 llamó",
        "la de 8-AV-12-3 no, 1AV-432-658 sí",
        "x" * 300 + " PE-12-345",
    ],
)
def test_what_a_reason_may_not_be(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_reason(typed)
    assert refused.value.field == "reason"


@pytest.mark.parametrize("texts", ["[]", '["uno", "uno"]'])
def test_a_faulty_catalogue_is_refused(texts: str) -> None:
    with pytest.raises(CatalogError, match="reasons"):
        parse_reasons(f'version = 2026-11-23\n[[reasons]]\noperation = "a"\ntexts = {texts}\n')
