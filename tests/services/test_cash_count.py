"""Cash by denomination: the table that ships, counts and forms, and which pieces make an amount."""

import itertools
import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.catalog.denominations import CashKind, load_denominations, parse_denominations
from data.catalog.reader import CatalogError
from services.cash_count import CashCount, difference, parse_count, suggest
from services.errors import InvalidInput

TODAY = date(2026, 11, 23)
IDS = tuple(load_denominations().by_id)
VALUES = {name: row.value.centesimos for name, row in load_denominations().by_id.items()}
FEW = {"billete-20": 3, "billete-5": 1, "billete-2": 4, "moneda-0.25": 1, "moneda-0.10": 3, "moneda-0.01": 2}


def counts(most: int = 400) -> st.SearchStrategy[CashCount]:
    return st.dictionaries(st.sampled_from(IDS), st.integers(0, most)).map(CashCount.of)


# ---------------------------------------------------------------- the table


def test_notes_and_coins_of_panama() -> None:
    rows = load_denominations().in_use(TODAY)
    notes = [row.value.centesimos for row in rows if row.kind is CashKind.NOTE]
    coins = [row.value.centesimos for row in rows if row.kind is CashKind.COIN]
    assert notes == [100_00, 50_00, 20_00, 10_00, 5_00, 2_00, 1_00]
    assert coins == [1_00, 50, 25, 10, 5, 1]
    assert rows == tuple(load_denominations().by_id.values())


ROW = """
[[denomination]]
id = "{id}"
name = "Una"
kind = "{kind}"
value = "{value}"
valid_from = {since}
{more}
confidence = "assumed"
source = "prueba"
"""


def table(*rows: dict[str, str]) -> str:
    usual = {"kind": "coin", "since": "2000-01-01", "more": ""}
    return "version = 2026-01-01" + "".join(ROW.format(**(usual | row)) for row in rows)


def test_a_denomination_goes_out_of_use() -> None:
    old = parse_denominations(table({"id": "x", "value": "0.02", "more": "valid_to = 2010-12-31"}))
    assert [row.id for row in old.in_use(date(2010, 12, 31))] == ["x"]
    assert old.in_use(date(2011, 1, 1)) == old.in_use(date(1999, 12, 31)) == ()


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (({"id": "x", "value": "0.00"},), "mayor que cero"),
        (({"id": "x", "value": "0.05"}, {"id": "y", "value": "0.05"}), "sin repetir"),
        (({"id": "x", "value": "0.05"}, {"id": "y", "value": "0.10"}), "de mayor a menor"),
        (({"id": "x", "value": "1.00"}, {"id": "y", "value": "1.00", "kind": "note"}), "primero los billetes"),
        (({"id": "x", "value": "0.05"}, {"id": "x", "value": "0.01"}), "repetido"),
        (({"id": "x", "value": "0.05", "more": "valid_to = 1999-01-01"},), "va antes"),
        (({"id": "x", "value": "0.05", "kind": "shell"},), "kind"),
    ],
)
def test_a_table_with_a_fault_is_refused(rows: tuple[dict[str, str], ...], problem: str) -> None:
    with pytest.raises(CatalogError, match=problem):
        parse_denominations(table(*rows))


# ---------------------------------------------------------------- counts


def test_a_count_of_a_form() -> None:
    typed = {"billete-20": " 12 ", "billete-1": "", "moneda-0.25": "007", "moneda-0.01": "0"}
    counted = parse_count(typed, TODAY)
    assert counted.pieces == (("billete-20", 12), ("moneda-0.25", 7))
    assert counted.total == 241_75
    assert parse_count({}, TODAY) == CashCount() and CashCount().total == 0


@pytest.mark.parametrize("text", ["-1", "1.5", "1,000", "doce", "١٢", "100000", "1 2", "+3", "½"])
def test_what_is_no_number_of_pieces_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_count({"billete-20": "3", "moneda-0.10": text}, TODAY)
    assert refused.value.field == "moneda-0.10"


def test_a_denomination_that_is_not_in_use_is_refused() -> None:
    with pytest.raises(InvalidInput):
        parse_count({"billete-500": "1"}, TODAY)
    with pytest.raises(InvalidInput):
        parse_count({"moneda-1": "1"}, date(2010, 12, 31))
    assert parse_count({"billete-1": "1"}, date(2010, 12, 31)).total == 1_00


@pytest.mark.parametrize("pieces", [{"billete-500": 1}, {"billete-20": -1}, {"billete-20": True}, {"billete-20": "1"}])
def test_a_body_with_a_fault_is_refused(pieces: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="pieces"):
        CashCount.of(pieces)


@given(one=counts(), other=counts())
def test_sums_and_differences_agree(one: CashCount, other: CashCount) -> None:
    together = one + other
    assert together == other + one
    assert together.total == one.total + other.total
    assert together.minus(other) == one
    apart = difference(one, other)
    assert sum(number * VALUES[name] for name, number in apart) == one.total - other.total
    assert all(one.number(name) - other.number(name) == number != 0 for name, number in apart)
    assert (apart == ()) == (one == other)


@given(count=counts())
def test_a_body_reads_back(count: CashCount) -> None:
    assert CashCount.of(json.loads(json.dumps(count.to_body()))) == count
    assert [name for name, _ in count.pieces] == sorted((name for name, _ in count.pieces), key=IDS.index)


def test_taking_out_more_than_there_is_names_the_pieces() -> None:
    with pytest.raises(InvalidInput) as refused:
        CashCount.of(FEW).minus(CashCount.of({"billete-20": 5}))
    assert refused.value.field == "billete-20"
    assert "Billete de 20: faltan 2" in refused.value.user_text


# ---------------------------------------------------------------- handing out


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (0, {}),
        (25_00, {"billete-20": 1, "billete-5": 1}),
        (6_00, {"billete-2": 3}),  # the five does not lead there
        (30, {"moneda-0.10": 3}),  # nor the quarter
        (28_01, {"billete-20": 1, "billete-2": 4, "moneda-0.01": 1}),
        (3_00, None),
        (74_00, None),
        (1000_00, None),
    ],
)
def test_what_a_drawer_hands_out(amount: int, expected: dict[str, int] | None) -> None:
    found = suggest(amount, CashCount.of(FEW))
    assert found == (None if expected is None else CashCount.of(expected))


def test_an_empty_drawer_makes_nothing() -> None:
    assert suggest(0, CashCount()) == CashCount()
    assert suggest(1, CashCount()) is None
    with pytest.raises(ValueError, match="not negative"):
        suggest(-1, CashCount())


def greedy(amount: int, held: CashCount) -> CashCount | None:
    """The largest that fits, and so on; None where that does not come out."""
    taken: dict[str, int] = {}
    for name in sorted(IDS, key=lambda name: -VALUES[name]):
        taken[name] = min(held.number(name), amount // VALUES[name])
        amount -= taken[name] * VALUES[name]
    return None if amount else CashCount.of(taken)


@given(held=counts(), amount=st.integers(0, 2_000_00))
def test_what_is_handed_out_is_in_the_drawer_and_is_the_amount(held: CashCount, amount: int) -> None:
    found, easy = suggest(amount, held), greedy(amount, held)
    if found is not None:
        assert found.total == amount
        assert held.minus(found).total == held.total - amount
    if easy is not None:
        assert found == easy


@given(held=st.dictionaries(st.sampled_from(IDS), st.integers(0, 3), max_size=6).map(CashCount.of), data=st.data())
def test_none_means_that_no_choice_of_pieces_makes_it(held: CashCount, data: st.DataObject) -> None:
    ranges = [range(number + 1) for _, number in held.pieces]
    sums = {
        sum(number * VALUES[name] for (name, _), number in zip(held.pieces, chosen, strict=True))
        for chosen in itertools.product(*ranges)
    }
    amount = data.draw(st.one_of(st.sampled_from(sorted(sums)), st.integers(0, held.total + 5)))
    assert (suggest(amount, held) is not None) == (amount in sums)


@given(held=counts(), part=counts(40))
def test_what_came_out_of_a_drawer_can_come_out_again(held: CashCount, part: CashCount) -> None:
    """Whatever can be handed out somehow gets a suggestion, also where the largest pieces lead astray."""
    full = held + part
    found = suggest(part.total, full)
    assert found is not None and found.total == part.total


def test_the_days_of_the_table_are_days() -> None:
    for row in load_denominations().by_id.values():
        assert row not in load_denominations().in_use(row.valid_from - timedelta(days=1))
