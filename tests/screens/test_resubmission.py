"""What was confirmed and never answered is asked for again by its author, once, and told."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from coop_tui.resubmission import journaled, resubmit_open
from data.secrets import Secret
from data.values.uuid7 import uuid7
from services.activation import Activate, activate
from services.approvals import Approve, RequestApproval, approve, confirm_with_second_person, request_approval
from services.baskets import ConfirmBasket, KeyedItem, PrepareBasket, confirm_basket, prepare_basket
from services.biller_payments import InquireBill, confirm_bill, inquire
from services.errors import StoreUnavailable
from services.journal import Journal
from services.lookup import Find, find
from services.operations import Op
from services.operator import Operator
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare
from services.sandbox_billers import Fault
from services.schedules import create_schedule
from tests.screens.staff import at_rest, at_the_desk, staff_app
from tests.screens.support import screen_text, toasts
from tests.services.approval_desk import NOTE, ApprovalDesk
from tests.services.biller_desk import ENSA, biller_desk
from tests.services.plans import PlanDesk
from tests.services.world import PASSWORD, World


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "libreta" / "journal-1.jsonl")


def transfer(world: World, agent: Operator) -> ConfirmPayment:
    """Prepared by a verified caller's agent."""
    member = world.member("50012")
    one, two = world.account(member, balance=100_00), world.account(member)
    world.lease(agent, member, 2)
    prepared = prepare(PreparePayment(Op.TRANSFER_OWN, member, one, two, 75_00), agent, world.uow)
    return ConfirmPayment(uuid7(), prepared.hash, Op.TRANSFER_OWN, member, one, two, 75_00)


def silent_after(command: ConfirmPayment, operator: Operator, world: World, *, done: bool) -> None:
    """The answer is lost, with the work done or not."""
    if done:
        confirm(command, operator, world.uow)
    raise StoreUnavailable


@pytest.mark.parametrize("done", [True, False])
def test_a_lost_transfer_is_posted_once(sqlite_world: World, journal: Journal, done: bool) -> None:
    agent = sqlite_world.staff()
    command = transfer(sqlite_world, agent)
    work = partial(silent_after, command, agent, sqlite_world, done=done)
    with pytest.raises(StoreUnavailable):
        journaled(journal, confirm, (command,), agent, work)()
    assert [item.key for item in journal.open_items()] == [command.key]
    (told,) = resubmit_open(journal, agent, sqlite_world.uow)
    assert "aplicada, comprobante" in told and journal.open_items() == ()
    assert sqlite_world.balance(command.to_account) == 75_00
    assert resubmit_open(journal, agent, sqlite_world.uow) == ()


def test_without_the_caller_it_is_closed_and_can_not_arrive_late(sqlite_world: World, journal: Journal) -> None:
    agent = sqlite_world.staff()
    command = transfer(sqlite_world, agent)
    with pytest.raises(StoreUnavailable):
        journaled(
            journal, confirm, (command,), agent, partial(silent_after, command, agent, sqlite_world, done=False)
        )()
    sqlite_world.change("UPDATE verification_lease SET ended_at = granted_at")
    (told,) = resubmit_open(journal, agent, sqlite_world.uow)
    assert "no se aplicó y quedó descartada" in told
    assert sqlite_world.balance(command.to_account) == 0
    assert sqlite_world.scalar("SELECT outcome FROM operation WHERE id = :id", id=command.key) == "rejected"


def test_another_persons_items_wait_for_them(sqlite_world: World, journal: Journal) -> None:
    agent, other = sqlite_world.staff(), sqlite_world.staff("jcastillo")
    command = transfer(sqlite_world, agent)
    with pytest.raises(StoreUnavailable):
        journaled(journal, confirm, (command,), agent, partial(silent_after, command, agent, sqlite_world, done=True))()
    assert resubmit_open(journal, other, sqlite_world.uow) == ()
    assert len(journal.open_items()) == 1


@pytest.mark.parametrize(
    ("fault", "sent", "words"),
    [
        (None, True, "pagada, comprobante 2026-"),
        (Fault.DOWN, True, "en proceso, comprobante 2026-"),
        (Fault.REFUSED, True, "la rechazó el recaudador"),
        (None, False, "no se aplicó y quedó descartada"),
    ],
)
def test_a_lost_payment_to_a_biller_is_asked_for_and_not_ordered_again(
    sqlite_world: World, journal: Journal, tmp_path: Path, fault: Fault | None, sent: bool, words: str
) -> None:
    with biller_desk(sqlite_world, tmp_path / "sandbox") as desk:
        form = desk.form()
        desk.sandbox.fault = fault

        def lost() -> None:
            if sent:
                desk.pay(form)
            raise StoreUnavailable

        with pytest.raises(StoreUnavailable):
            journaled(journal, confirm_bill, (form,), desk.agent, lost)()
        (told,) = resubmit_open(journal, desk.agent, sqlite_world.uow)
        assert told.startswith("Recarga que quedó sin respuesta") and words in told
        assert journal.open_items() == () and resubmit_open(journal, desk.agent, sqlite_world.uow) == ()
        assert len(desk.sandbox.orders()) == (sent and fault is not Fault.DOWN)


async def test_a_use_case_gets_the_gateway_of_the_settings(sqlite_world: World, tmp_path: Path) -> None:
    with biller_desk(sqlite_world, tmp_path / "sandbox") as desk:
        app = staff_app(sqlite_world, tmp_path, billers_url=desk.sandbox.url)
        async with at_the_desk(app):
            await at_rest(app)
            case = sqlite_world.lease(app.operator, desk.member, level=2)
            found = await app.call(inquire, InquireBill(desk.member, "ensa", Op.BILLER_PAY, ENSA))
        assert case and found.biller_name == "ENSA" and desk.sandbox.requests == 1


def test_an_activation_that_never_arrived_is_told(sqlite_world: World, journal: Journal) -> None:
    agent = sqlite_world.staff()
    member = sqlite_world.member()
    sqlite_world.access(member)
    command = Activate(member, "Lo pidió en la llamada", uuid7())

    def lost() -> None:
        raise StoreUnavailable

    with pytest.raises(StoreUnavailable):
        journaled(journal, activate, (command,), agent, lost)()
    (told,) = resubmit_open(journal, agent, sqlite_world.uow)
    assert told.startswith("Activación") and "no llegó a aplicarse" in told and journal.open_items() == ()


def test_reads_are_not_kept(sqlite_world: World, journal: Journal) -> None:
    agent = sqlite_world.staff()

    def work() -> int:
        return 1

    assert journaled(journal, find, (Find("1"),), agent, work) is work


async def test_after_a_crash_the_author_is_told_at_the_desk(sqlite_world: World, tmp_path: Path) -> None:
    agent = sqlite_world.staff()
    command = transfer(sqlite_world, agent)
    before = Journal(tmp_path / "libreta" / "journal-1.jsonl")
    with pytest.raises(StoreUnavailable):
        journaled(before, confirm, (command,), agent, partial(silent_after, command, agent, sqlite_world, done=True))()
    before.close()
    app = staff_app(sqlite_world, tmp_path, background=True)
    async with at_the_desk(app):
        await at_rest(app)
        assert any("No la repita" in text for text in toasts(app)), screen_text(app)
    app.close()
    assert sqlite_world.balance(command.to_account) == 75_00
    assert sqlite_world.scalar("SELECT count(*) FROM staff_session WHERE ended_at IS NULL") == 0


@pytest.mark.parametrize("done", [True, False])
def test_a_lost_request_for_approval_is_told_and_never_made_again(
    sqlite_world: World, journal: Journal, done: bool
) -> None:
    desk = ApprovalDesk(sqlite_world)
    command = RequestApproval(desk.form(), NOTE)

    def lost() -> None:
        if done:
            request_approval(command, desk.agent, sqlite_world.uow)
        raise StoreUnavailable

    with pytest.raises(StoreUnavailable):
        journaled(journal, request_approval, (command,), desk.agent, lost)()
    assert [item.key for item in journal.open_items()] == [command.key]
    (told,) = resubmit_open(journal, desk.agent, sqlite_world.uow)
    assert ("espera aprobación" in told) is done and ("no llegó" in told) is not done
    assert sqlite_world.scalar("SELECT count(*) FROM approval_request") == int(done) and journal.open_items() == ()


@pytest.mark.parametrize("done", [True, False])
def test_a_lost_approval_is_told_and_never_given_again(sqlite_world: World, journal: Journal, done: bool) -> None:
    desk = ApprovalDesk(sqlite_world)
    asked, supervisor = desk.ask(), desk.supervisor()
    command = Approve(asked.request_id, desk.detail(asked.request_id, supervisor).hash)

    def lost() -> None:
        if done:
            approve(command, supervisor, sqlite_world.uow)
        raise StoreUnavailable

    with pytest.raises(StoreUnavailable):
        journaled(journal, approve, (command,), supervisor, lost)()
    (told,) = resubmit_open(journal, supervisor, sqlite_world.uow)
    assert ("aprobada por sgomez" in told) is done and ("espera aprobación" in told) is not done
    assert desk.posted() == int(done) and journal.open_items() == ()


def test_what_a_second_person_signed_is_kept_without_the_signature(sqlite_world: World, journal: Journal) -> None:
    desk = ApprovalDesk(sqlite_world)
    desk.supervisor(sign_in=False)
    arguments = (desk.form(), "sgomez", Secret(PASSWORD), sqlite_world.code())

    def lost() -> None:
        raise StoreUnavailable

    with pytest.raises(StoreUnavailable):
        journaled(journal, confirm_with_second_person, arguments, desk.agent, lost)()
    (item,) = journal.open_items()
    assert item.kind == "payment" and PASSWORD not in str(item) and "sgomez" not in str(item)
    (told,) = resubmit_open(journal, desk.agent, sqlite_world.uow)
    assert "supervisor" in told and desk.posted() == 0


@pytest.mark.parametrize("done", [True, False])
def test_a_lost_schedule_is_told_and_not_made_twice(sqlite_world: World, journal: Journal, done: bool) -> None:
    desk = PlanDesk(sqlite_world)
    form = desk.form(label="Ahorro")

    def lost() -> None:
        if done:
            create_schedule(form, desk.agent, sqlite_world.uow)
        raise StoreUnavailable

    with pytest.raises(StoreUnavailable):
        journaled(journal, create_schedule, (form,), desk.agent, lost)()
    (told,) = resubmit_open(journal, desk.agent, sqlite_world.uow)
    assert ("«Ahorro» quedó programado cada mes" in told) is done and ("no llegó a guardarse" in told) is not done
    assert sqlite_world.scalar("SELECT count(*) FROM schedule") == int(done) and journal.open_items() == ()


@pytest.mark.parametrize("done", [True, False])
def test_a_lost_basket_is_asked_for_and_never_sent_again(sqlite_world: World, journal: Journal, done: bool) -> None:
    desk = PlanDesk(sqlite_world)
    items = (
        PreparePayment(Op.TRANSFER_OWN, desk.member, desk.savings, desk.second, 5_00),
        PreparePayment(Op.QUOTA_PAY, desk.member, desk.savings, desk.quota, 7_00),
    )
    shown = prepare_basket(PrepareBasket(desk.member, items), desk.agent, sqlite_world.uow)
    keyed = tuple(KeyedItem(uuid7(), item) for item in items)
    form = ConfirmBasket(uuid7(), shown.hash, desk.member, keyed)

    def lost() -> None:
        if done:
            confirm_basket(form, desk.agent, None, sqlite_world.uow)
        raise StoreUnavailable

    with pytest.raises(StoreUnavailable):
        journaled(journal, confirm_basket, (form,), desk.agent, lost)()
    (told,) = resubmit_open(journal, desk.agent, sqlite_world.uow)
    assert ("aplicada, comprobantes 2026-" in told) is done and ("quedó descartada" in told) is not done
    outcomes = [sqlite_world.scalar("SELECT outcome FROM operation WHERE id = :id", id=item.key) for item in keyed]
    assert outcomes == ["posted" if done else "rejected"] * 2
    assert (sqlite_world.balance(desk.second), sqlite_world.balance(desk.quota)) == ((5_00, 7_00) if done else (0, 0))
