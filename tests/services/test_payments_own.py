"""Transfers between own savings: two steps, once, for the right person, between the right accounts (req. 39–44)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from data.values.uuid7 import uuid7
from services.errors import (
    AccountUnusable,
    DataChanged,
    InsufficientFunds,
    InvalidInput,
    KeyReused,
    LimitExceeded,
    NotFound,
    NotPermitted,
    VerificationNeeded,
)
from services.operations import Op
from services.operator import Operator, Role
from services.payment_limits import ApprovalNeeded
from services.payments import (
    ConfirmPayment,
    OutcomeOf,
    Prepared,
    PreparePayment,
    abandon,
    confirm,
    outcome,
    prepare,
    resubmit,
)
from services.receipts import GetReceipt, get_receipt
from tests.services.test_posting import together
from tests.services.world import World


class Desk:
    """An agent with a verified member who has two savings accounts."""

    def __init__(self, world: World, balance: int = 1_322_64) -> None:
        self.world = world
        self.agent: Operator = world.staff()
        self.member = world.member()
        self.case = world.lease(self.agent, self.member, level=2)
        self.first = world.account(self.member, balance=balance)
        self.second = world.account(self.member)

    def prepare(self, amount: int = 75_00, memo: str = "", **changed: int) -> Prepared:
        command = PreparePayment(Op.TRANSFER_OWN, self.member, self.first, self.second, amount, memo)
        return prepare(replace(command, **changed), self.agent, self.world.uow)

    def form(self, amount: int = 75_00, memo: str = "", **changed: int) -> ConfirmPayment:
        """A reviewed form with a key of its own."""
        prepared = self.prepare(amount, memo, **changed)
        command = ConfirmPayment(
            uuid7(), prepared.hash, Op.TRANSFER_OWN, self.member, self.first, self.second, amount, memo
        )
        return replace(command, **changed)

    def count(self, outcome: str = "posted") -> int:
        sql = "SELECT count(*) FROM operation WHERE kind = 'transfer.own' AND outcome = :outcome"
        return int(self.world.scalar(sql, outcome=outcome))


def tighten(world: World, op: Op = Op.TRANSFER_OWN, **limits: int) -> None:
    """Make the policy's limits of one kind smaller."""
    policy = world.uow.policy
    narrow = {op: replace(policy.limits[op], **limits)}  # type: ignore[arg-type]
    world.uow.policy = replace(policy, limits=policy.limits | narrow)  # type: ignore[operator]


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def test_prepare_shows_everything_and_moves_nothing(desk: Desk) -> None:
    prepared = desk.prepare(75_00, "Para la luz")
    shown = dict(prepared.summary)
    assert shown["Desde"].startswith("AHORROS 06-018-•••") and shown["Hacia"].startswith("AHORROS 06-018-•••")
    assert shown["Titular"] == "ITZEL P••••"
    assert (shown["Monto"], shown["Son"]) == ("B/.75.00", "setenta y cinco balboas con 00/100")
    assert (shown["Detalle"], shown["Saldo después"]) == ("Para la luz", "B/.1,247.64")
    assert prepared.balance_after == 1_247_64 and prepared.amount_words == shown["Son"]
    assert prepared.daily_left == desk.world.uow.policy.limits[Op.TRANSFER_OWN].member_daily - 75_00
    assert desk.world.balance(desk.first) == 1_322_64 and desk.count() == 0
    assert [event["action"] for event in desk.world.events()] == ["payment.prepare"]


def test_confirm_posts_tells_and_notes(desk: Desk) -> None:
    command = desk.form(75_00, "Para la luz")
    receipt = confirm(command, desk.agent, desk.world.uow)
    assert (desk.world.balance(desk.first), desk.world.balance(desk.second)) == (1_247_64, 75_00)
    assert receipt.outcome == "posted" and not receipt.existed and receipt.operation_id == command.key
    lines = dict(receipt.lines)
    assert receipt.number == lines["Comprobante"] and receipt.number.startswith("2026-")
    assert lines["Fecha y hora"] == "23/11/2026 09:00" and lines["Canal"] == "CIS" and lines["Agente"] == "mrodriguez"
    assert lines["Monto"] == "B/.75.00" and lines["Detalle"] == "Para la luz" and lines["Estado"] == "Aplicada"
    (event,) = desk.world.events("transfer.own")
    assert (event["object"], event["result"], event["member"], event["case"]) == (
        command.key, "ok", desk.member, desk.case,
    )  # fmt: skip
    (row,) = desk.world.rows("SELECT * FROM operation WHERE kind = 'transfer.own'")
    assert (row["channel"], row["case_id"], row["actor"]) == ("cis", desk.case, desk.agent.actor)
    assert json.loads(row["body"])["rules"] == desk.world.uow.policy.sha256[:12]
    (mail,) = desk.world.rows("SELECT * FROM outbox")
    assert (mail["template"], mail["member_id"], mail["state"]) == ("transfer_done", desk.member, "pending")


def test_a_second_enter_posts_once_and_shows_the_first_receipt(desk: Desk) -> None:
    command = desk.form()
    first = confirm(command, desk.agent, desk.world.uow)
    again = confirm(command, desk.agent, desk.world.uow)
    assert again.existed and again.number == first.number and dict(again.lines)["Estado"] == "Ya aplicada"
    assert desk.count() == 1 and desk.world.balance(desk.second) == 75_00
    assert desk.world.scalar("SELECT count(*) FROM outbox") == 1
    assert [event["result"] for event in desk.world.events("transfer.own")] == ["ok", "repeated"]


def test_a_key_is_good_for_one_request(desk: Desk) -> None:
    command = desk.form()
    confirm(command, desk.agent, desk.world.uow)
    for other in (
        replace(command, amount=76_00),
        replace(command, memo="otra cosa"),
        replace(command, from_account=desk.second, to_account=desk.first),
    ):
        with pytest.raises(KeyReused):
            confirm(other, desk.agent, desk.world.uow)
    assert desk.count() == 1


@pytest.mark.parametrize("change", ["hash", "amount", "memo", "balance", "blocked", "label"])
def test_what_changed_since_the_review_is_refused(desk: Desk, change: str) -> None:
    command = desk.form()
    if change == "hash":
        command = replace(command, prepared_hash="0" * 64)
    elif change == "amount":
        command = replace(command, amount=command.amount + 1)
    elif change == "memo":
        command = replace(command, memo="x")
    elif change == "balance":
        desk.world.fund(desk.first, 1)
    elif change == "blocked":
        desk.world.change("UPDATE account SET status = 'blocked' WHERE id = :id", id=desk.second)
    else:
        desk.world.change("UPDATE account SET label = 'NAVIDAD' WHERE id = :id", id=desk.second)
    with pytest.raises(DataChanged):
        confirm(command, desk.agent, desk.world.uow)
    assert desk.count() == 0


def test_what_nobody_was_shown_refuses_nothing(desk: Desk) -> None:
    command = desk.form()
    desk.world.fund(desk.second, 5_00)  # the target's balance is not on the review
    desk.world.fund(desk.first, 5_00)
    desk.world.fund(desk.first, -5_00)  # moved and came back: what was shown is true
    assert confirm(command, desk.agent, desk.world.uow).outcome == "posted"


def test_only_own_affiliated_open_savings(desk: Desk) -> None:
    world = desk.world
    aportes = world.account(desk.member, product="01", balance=500_00)
    foreign = world.account(world.member("50013"), balance=500_00)
    hidden = world.account(desk.member, affiliated_at=None)
    closed = world.account(desk.member, status="closed")
    navidad = world.account(desk.member, product="07", balance=50_00)
    with pytest.raises(AccountUnusable, match="account_unusable") as refused:
        desk.prepare(from_account=aportes)
    assert refused.value.field == "from_account"
    for changed in ({"to_account": aportes}, {"to_account": hidden}, {"to_account": closed}, {"from_account": navidad}):
        with pytest.raises(AccountUnusable):
            desk.prepare(1, **changed)
    desk.prepare(1, to_account=navidad)
    for changed in ({"from_account": foreign}, {"to_account": foreign}, {"to_account": 999_999}):
        with pytest.raises(NotFound):
            desk.prepare(1, **changed)
    with pytest.raises(InvalidInput):
        desk.prepare(1, to_account=desk.first)


def test_amounts_and_limits(desk: Desk) -> None:
    tighten(desk.world, minimum=1_00, maximum=100_00, member_daily=150_00, agent_daily=170_00)
    for amount in (0, -5, 99):
        with pytest.raises(InvalidInput):
            desk.prepare(amount)
    with pytest.raises(LimitExceeded):
        desk.prepare(100_01)
    with pytest.raises(InsufficientFunds):
        desk.prepare(75_00, from_account=desk.second, to_account=desk.first)
    first = desk.form(100_00)
    late = desk.form(60_00)  # reviewed while the day was still open
    confirm(first, desk.agent, desk.world.uow)
    with pytest.raises(DataChanged):  # the balance that was shown is gone
        confirm(late, desk.agent, desk.world.uow)
    assert "le quedan B/.50.00" in desk.prepare(50_01).approval[0]
    more = desk.form(50_01)
    with pytest.raises(ApprovalNeeded):
        confirm(more, desk.agent, desk.world.uow)
    assert desk.prepare(50_00).daily_left == 0
    other = Desk.__new__(Desk)
    other.world, other.agent, other.member = desk.world, desk.agent, desk.world.member("50013")
    desk.world.lease(desk.agent, other.member, level=2)
    other.first, other.second = desk.world.account(other.member, balance=100_00), desk.world.account(other.member)
    assert other.prepare(70_01).approval == ("Pasa el límite del día de quien la registra.",)
    with pytest.raises(ApprovalNeeded):
        confirm(other.form(70_01), desk.agent, desk.world.uow)
    assert other.prepare(70_00).approval == ()
    desk.world.clock.advance(hours=24)
    desk.world.change("UPDATE staff_session SET started_at = :t, last_seen_at = :t", t=_stored(desk.world))
    desk.world.lease(desk.agent, desk.member, level=2)
    desk.prepare(100_00)


def _stored(world: World) -> object:
    now = world.clock.now()
    return now.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if world.dialect == "sqlite" else now


def test_limits_are_looked_at_again_when_it_is_confirmed(desk: Desk) -> None:
    command = desk.form(75_00)
    tighten(desk.world, maximum=10_00)
    with pytest.raises(LimitExceeded):
        confirm(command, desk.agent, desk.world.uow)
    assert desk.count() == 0 and desk.count("rejected") == 0


def test_rights(desk: Desk) -> None:
    command = desk.form()
    colleague, auditor = desk.world.staff("jcastillo"), desk.world.staff("aud", roles=[Role.AUDITOR])
    desk.world.lease(auditor, desk.member, level=3)
    with pytest.raises(VerificationNeeded):
        confirm(command, colleague, desk.world.uow)
    with pytest.raises(NotPermitted):
        confirm(command, auditor, desk.world.uow)
    desk.world.relative(desk.agent, desk.member)
    with pytest.raises(NotPermitted):
        confirm(command, desk.agent, desk.world.uow)
    assert desk.count() == 0


def test_memo_is_cleaned_and_holds_no_card(desk: Desk) -> None:
    shown = dict(desk.prepare(1, " \x1b[31mhola\u202e " + "x" * 100).summary)["Detalle"]
    assert shown.startswith("·[31mhola·") and len(shown) == 60 and shown.isprintable()
    with pytest.raises(InvalidInput):
        desk.prepare(1, "tarjeta 4111 1111 1111 1111")


def test_a_rejection_sticks_to_its_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Funds that go between the reading and the posting: only the ledger can see it, and what it says is final."""
    command = desk.form(1_322_64)
    monkeypatch.setattr("services.payment_entry.fingerprint", lambda *_: command.prepared_hash)
    desk.world.fund(desk.first, -1)
    with pytest.raises(InsufficientFunds):
        confirm(command, desk.agent, desk.world.uow)
    assert desk.count("rejected") == 1
    desk.world.fund(desk.first, 1)
    with pytest.raises(InsufficientFunds) as refused:
        confirm(command, desk.agent, desk.world.uow)
    assert "ya quedó rechazada" in refused.value.user_text
    assert desk.count() == 0 and desk.world.balance(desk.first) == 1_322_64
    results = [(event["result"], event.get("reason")) for event in desk.world.events("transfer.own")]
    assert results == [
        ("refused", "insufficient_funds"), ("rejected", "insufficient_funds"), ("refused", "insufficient_funds"),
    ]  # fmt: skip
    told = outcome(OutcomeOf(command.key), desk.agent, desk.world.uow)
    assert told is not None and told.outcome == "rejected" and dict(told.lines)["Estado"] == "Rechazada"


def test_a_twin_of_today_is_pointed_out(desk: Desk) -> None:
    assert desk.prepare().warnings == ()
    receipt = confirm(desk.form(), desk.agent, desk.world.uow)
    (warning,) = desk.prepare().warnings
    assert receipt.number in warning and "09:00" in warning


def test_emptying_an_account_is_pointed_out(desk: Desk) -> None:
    assert desk.prepare(1_322_64).warnings == ("La cuenta de origen queda sin saldo disponible.",)


def test_a_lost_answer_is_found_again_without_the_caller(desk: Desk) -> None:
    sent, lost = desk.form(), None
    assert outcome(OutcomeOf(sent.key), desk.agent, desk.world.uow) is None
    lost = confirm(sent, desk.agent, desk.world.uow)
    desk.world.change("UPDATE verification_lease SET ended_at = :t", t=_stored(desk.world))
    found = resubmit(sent.payload(), desk.agent, desk.world.uow)
    assert found.existed and found.number == lost.number and desk.count() == 1


def test_what_never_arrived_is_sent_or_given_up(desk: Desk) -> None:
    lost, dropped = desk.form(), desk.form(10_00)
    gone = abandon(dropped.payload(), desk.agent, desk.world.uow)
    assert gone.outcome == "rejected"
    assert abandon(dropped.payload(), desk.agent, desk.world.uow).outcome == "rejected"
    assert resubmit(lost.payload(), desk.agent, desk.world.uow).outcome == "posted"
    with pytest.raises(Exception, match="refused"):
        confirm(dropped, desk.agent, desk.world.uow)  # it can't arrive late
    assert desk.count() == 1 and desk.count("rejected") == 1
    assert abandon(lost.payload(), desk.agent, desk.world.uow).outcome == "posted"


def test_a_copy_is_marked_and_audited(desk: Desk) -> None:
    receipt = confirm(desk.form(), desk.agent, desk.world.uow)
    copy = get_receipt(GetReceipt(receipt.operation_id), desk.agent, desk.world.uow)
    assert copy.copy and not copy.existed and "COPIA" in copy.title and copy.lines == receipt.lines
    (event,) = desk.world.events("receipt.view")
    assert (event["object"], event["member"]) == (receipt.operation_id, desk.member)
    with pytest.raises(NotFound):
        get_receipt(GetReceipt(uuid7()), desk.agent, desk.world.uow)
    family = desk.world.staff("jcastillo")
    desk.world.relative(family, desk.member)
    with pytest.raises(NotPermitted):
        get_receipt(GetReceipt(receipt.operation_id), family, desk.world.uow)


def test_a_day_is_a_day_in_panama(desk: Desk) -> None:
    desk.world.clock.moment += timedelta(hours=10, minutes=30)  # 19:30 in Panama, tomorrow in UTC
    desk.world.change(
        "UPDATE staff_session SET started_at = :t, last_seen_at = :t, authenticated_at = :t", t=_stored(desk.world)
    )
    desk.world.lease(desk.agent, desk.member, level=2, case_id=desk.case)
    confirm(desk.form(), desk.agent, desk.world.uow)
    day = desk.world.scalar("SELECT value_date FROM operation WHERE kind = 'transfer.own'")
    assert str(day) == "2026-11-23"


def test_two_agents_at_once_do_not_pass_the_members_day(desk: Desk) -> None:
    """Between accounts that nobody else touches: only the limit of the day stands between them."""
    tighten(desk.world, member_daily=100_00)
    forms = []
    for number in range(6):
        agent = desk.world.staff(f"agente{number}")
        desk.world.lease(agent, desk.member, level=2)
        source, target = desk.world.account(desk.member, balance=60_00), desk.world.account(desk.member)
        shown = prepare(PreparePayment(Op.TRANSFER_OWN, desk.member, source, target, 60_00), agent, desk.world.uow)
        forms.append((ConfirmPayment(uuid7(), shown.hash, Op.TRANSFER_OWN, desk.member, source, target, 60_00), agent))
    answers = together(*(partial(confirm, form, agent, desk.world.uow) for form, agent in forms))
    assert answers.count("approval_needed") == 5 and desk.count() == 1
