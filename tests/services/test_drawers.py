"""A drawer from opening to closing: own, one, counted blind, explained, posted (C13, req. 43)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from data.values.dates import panama_date
from data.values.uuid7 import uuid7
from services.drawer_review import DrawersOfDay, drawers_of_day, review_drawer
from services.drawer_rows import DrawerClosed, NotEnoughCash
from services.drawers import CloseDrawer, DrawerOpen, OpenDrawer, close_drawer, my_drawer, open_drawer
from services.errors import KeyReused, NotFound, NotPermitted, SecondPersonNeeded
from services.ledger_check import check
from services.operator import Role
from services.receipt_files import save_receipt
from services.receipt_print import COLUMNS, pdf, text40
from tests.services.counters import Counter, in_notes, pieces
from tests.services.world import World


@pytest.fixture
def counter(world: World) -> Counter:
    return Counter(world)


def test_the_opening_cash_comes_from_the_vault(counter: Counter) -> None:
    state = counter.open(500_00)
    assert state.is_open and state.opening == 500_00 and state.difference == 0 and state.operations == 0
    assert (counter.cash(), counter.vault()) == (500_00, 49_500_00)
    assert my_drawer(counter.cashier, counter.world.uow) == state
    (event,) = counter.world.events("drawer.open")
    assert event["detail"]["drawer"] == state.drawer_id and event["detail"]["opening"] == 500_00
    (row,) = counter.world.rows("SELECT * FROM account WHERE number LIKE 'CAJ-018-%'")
    assert (row["label"], row["product"], row["member_id"]) == ("CAJA caja", "drawer", None)


def test_the_same_key_opens_once(counter: Counter) -> None:
    command = OpenDrawer(uuid7(), in_notes(500_00))
    first = open_drawer(command, counter.cashier, counter.world.uow)
    assert open_drawer(command, counter.cashier, counter.world.uow) == first
    assert counter.cash() == 500_00
    with pytest.raises(KeyReused):
        open_drawer(replace(command, count=in_notes(501_00)), counter.cashier, counter.world.uow)
    with pytest.raises(DrawerOpen):
        counter.open(100_00)
    assert counter.world.scalar("SELECT count(*) FROM drawer") == 1


def test_another_s_key_is_not_one_s_own(counter: Counter) -> None:
    command = OpenDrawer(uuid7(), in_notes(500_00))
    open_drawer(command, counter.cashier, counter.world.uow)
    other = counter.world.staff("otra", [Role.CASHIER], branch="018")
    for count in (command.count, in_notes(0)):
        with pytest.raises(KeyReused):
            open_drawer(replace(command, count=count), other, counter.world.uow)
    assert not my_drawer(other, counter.world.uow).is_open


def test_the_vault_gives_what_it_has_and_not_alone_above_the_policy_s_amount(counter: Counter) -> None:
    uow = counter.world.uow
    with pytest.raises(SecondPersonNeeded):
        counter.open(1_001_00)
    with pytest.raises(NotEnoughCash):
        open_drawer(OpenDrawer(uuid7(), in_notes(60_000_00), counter.second()), counter.cashier, uow)
    counter.world.clock.advance(seconds=30)
    open_drawer(OpenDrawer(uuid7(), in_notes(1_001_00), counter.second()), counter.cashier, uow)
    assert counter.cash() == 1_001_00


def test_only_cashiers_have_drawers(counter: Counter) -> None:
    for role in set(Role) - {Role.CASHIER}:
        person = counter.world.staff(f"x{role.value}", [role])
        with pytest.raises(NotPermitted):
            counter.open(operator=person)
        with pytest.raises(NotPermitted):
            my_drawer(person, counter.world.uow)


def test_a_count_that_agrees_closes_at_once(counter: Counter) -> None:
    counter.open(500_00)
    counter.deposit(75_00)
    counter.withdraw(20_00)
    closing = counter.close(555_00)
    assert closing.closed and closing.difference == 0 and closing.suspects == ()
    assert (counter.cash(), counter.vault(), counter.differences()) == (0, 50_055_00, 0)
    (event,) = counter.world.events("drawer.close")
    assert {k: event["detail"][k] for k in ("counted", "expected", "difference", "tries", "kept")} == {
        "counted": 555_00, "expected": 555_00, "difference": 0, "tries": 1, "kept": 0,
    }  # fmt: skip
    assert not my_drawer(counter.cashier, counter.world.uow).is_open
    with pytest.raises(DrawerClosed):
        counter.close(0)


def test_blind_until_counted_then_explained_then_posted(counter: Counter) -> None:
    counter.open(500_00)
    first = counter.deposit(75_00)
    counter.deposit(75_00)
    counter.deposit(31_00)
    assert my_drawer(counter.cashier, counter.world.uow).expected is None
    closing = counter.close(606_00)  # one of the 75.00 was registered twice
    assert not closing.closed and closing.difference == -75_00 and closing.counts_left == 1
    assert closing.report is None and first.operation_id in closing.suspects[0].entries
    assert closing.suspects[0].why == "doubled"
    assert (counter.cash(), counter.differences()) == (681_00, 0)
    counter.deposit(10_00)  # the drawer is still open
    closing = counter.close(616_00)
    assert closing.closed and closing.difference == -75_00
    assert (counter.cash(), counter.differences()) == (0, -75_00)
    assert [event["detail"]["difference"] for event in counter.world.events("drawer.count")] == [-75_00]
    assert check(counter.world.uow) == ()


def test_a_recount_may_agree(counter: Counter) -> None:
    counter.open(500_00)
    assert counter.close(480_00).difference == -20_00
    closing = counter.close(500_00)
    assert closing.closed and closing.difference == 0 and counter.differences() == 0
    assert counter.world.scalar("SELECT tries FROM drawer") == 2


def test_a_told_difference_may_stand_without_a_recount(counter: Counter) -> None:
    uow = counter.world.uow
    uow.policy = replace(uow.policy, cash=replace(uow.policy.cash, counts=5))
    counter.open(500_00)
    assert not counter.close(505_00, stands=True).closed  # nothing was told yet: it is a first count
    assert not counter.close(504_00, stands=True).closed  # another count than the told one: it is a second
    closing = counter.close(504_00, stands=True)
    assert closing.closed and closing.difference == 4_00 and counter.differences() == 4_00
    assert counter.world.scalar("SELECT tries FROM drawer") == 2


def test_the_same_key_counts_once_and_closes_once(counter: Counter) -> None:
    uow = counter.world.uow
    counter.open(500_00)
    command = CloseDrawer(uuid7(), in_notes(480_00))
    first = close_drawer(command, counter.cashier, uow)
    assert close_drawer(command, counter.cashier, uow) == first
    assert counter.world.scalar("SELECT tries FROM drawer") == 1
    command = CloseDrawer(uuid7(), in_notes(500_00))
    closing = close_drawer(command, counter.cashier, uow)
    again = close_drawer(command, counter.cashier, uow)
    assert closing.closed and again.closed and again.existed and again.report
    assert closing.report and again.report.lines == closing.report.lines and again.report.copy
    with pytest.raises(KeyReused):
        close_drawer(replace(command, count=in_notes(1_00)), counter.cashier, uow)
    assert counter.vault() == 50_000_00


def test_what_stays_must_be_there_in_the_morning(counter: Counter) -> None:
    counter.open(500_00)
    assert counter.close(500_00, keep=True).closed
    assert (counter.cash(), counter.vault()) == (500_00, 49_500_00)
    state = counter.open(495_00)
    assert state.difference == -5_00 and counter.differences() == -5_00
    assert (counter.cash(), counter.vault()) == (495_00, 49_500_00)
    (_, event) = counter.world.events("drawer.open")
    assert event["detail"]["difference"] == -5_00
    assert counter.close(495_00).difference == 0


def test_an_empty_drawer_opens_and_closes_without_a_posting(counter: Counter) -> None:
    before = counter.world.scalar("SELECT count(*) FROM operation")
    state = counter.open(0)
    assert counter.close(0).closed
    assert [counter.world.events(f"drawer.{act}")[0]["object"] for act in ("open", "close")] == [
        f"drawer:{state.drawer_id}"
    ] * 2
    assert counter.world.scalar("SELECT count(*) FROM operation") == before


def test_the_report_fits_the_paper_and_shows_the_trail_s_head(counter: Counter) -> None:
    counter.open(500_00)
    counter.deposit(75_00)
    counter.deposit(25_00)
    counter.withdraw(20_00)
    count = pieces(b100=5, b20=3, b10=1, b5=2)
    report = close_drawer(CloseDrawer(uuid7(), count), counter.cashier, counter.world.uow).report
    assert report is not None
    lines = dict(report.lines)
    assert lines["Apertura"] == "B/.500.00" and lines["Debe haber"] == lines["Contado"] == "B/.580.00"
    assert lines["Depósito en efectivo (2)"] == "+B/.100.00" and lines["Retiro en efectivo (1)"] == "-B/.20.00"
    assert lines["  5 x Billete de 100"] == "B/.500.00" and lines["Diferencia"] == "Ninguna"
    seq, head = lines["Auditoría"].split()
    stored = counter.world.scalar("SELECT hash FROM audit_seal WHERE seq = :seq", seq=int(seq)) if int(seq) else None
    assert stored is None or bytes(stored).hex().startswith(head)
    text = text40(report)
    assert all(len(line) <= COLUMNS for line in text.split("\n")) and "Firma del cajero" in text
    assert pdf(report) == pdf(report)


def test_the_head_on_paper_is_the_last_sealed_event(sqlite_world: World) -> None:
    counter = Counter(sqlite_world)
    counter.open(500_00)
    sealed = sqlite_world.scalar("SELECT max(seq) FROM audit_seal")
    report = counter.close(500_00).report
    assert report is not None and dict(report.lines)["Auditoría"].split()[0] == str(sealed)


def test_supervisors_see_the_day_and_print_again(counter: Counter, tmp_path: object) -> None:
    world = counter.world
    counter.open(500_00)
    done = counter.deposit(90_00)
    counter.close(509_00)
    day = panama_date(world.clock.now())
    (row,) = drawers_of_day(DrawersOfDay(day, "018"), counter.boss, world.uow)
    assert (row.username, row.expected, row.counted, row.difference) == ("caja", 590_00, 509_00, -81_00)
    detail = review_drawer(row.drawer_id, counter.boss, world.uow)
    assert detail.report is None and done.operation_id in detail.suspects[0].entries
    counter.close(509_00)
    detail = review_drawer(row.drawer_id, counter.boss, world.uow)
    assert detail.report is not None and detail.report.copy
    paths = save_receipt(detail.report, tmp_path)  # type: ignore[arg-type]
    assert paths[0].name == f"cierre-{detail.report.number}-copia.pdf"
    assert drawers_of_day(DrawersOfDay(day, "001"), counter.boss, world.uow) == ()
    with pytest.raises(NotFound):
        review_drawer(999, counter.boss, world.uow)
    with pytest.raises(NotPermitted):
        drawers_of_day(DrawersOfDay(day), counter.cashier, world.uow)
    assert json.dumps(world.events("drawer.review")).count("drawer:") == 2


def test_reversed_entries_explain_nothing_but_stay_in_the_report(counter: Counter) -> None:
    from services.reversals import Reverse, reverse

    counter.open(500_00)
    done = counter.deposit(75_00)
    reverse(Reverse(done.operation_id, "Monto equivocado", uuid7()), counter.boss, counter.world.uow)
    closing = counter.close(425_00)
    assert closing.difference == -75_00
    assert all(done.operation_id not in suspect.entries for suspect in closing.suspects)
    report = counter.close(500_00).report
    assert report is not None and dict(report.lines)["Reversa (1)"] == "-B/.75.00"
