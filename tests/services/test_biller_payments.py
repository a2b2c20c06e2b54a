"""Paying outside billers and topping up: what is asked, shown, set aside, refused (S18-S31, req. 8, 9, 40-44)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from data.catalog.billers import PaymentKind, load_billers
from data.values.uuid7 import uuid7
from services.biller_payments import (
    BillerSilent,
    ConfirmBill,
    InquireBill,
    NoGateway,
    confirm_bill,
    inquire,
    resubmit_bill,
)
from services.bills import BillerUnavailable
from services.errors import (
    AccountUnusable,
    CoopError,
    DataChanged,
    InsufficientFunds,
    InvalidInput,
    KeyReused,
    NotFound,
    NotPermitted,
    VerificationNeeded,
)
from services.movements import LastMovements, last_movements
from services.operations import Op
from services.operator import Role
from services.payment_limits import ApprovalNeeded
from services.receipts import GetReceipt, get_receipt
from services.reversals import Reverse, reverse
from services.sandbox_billers import Fault
from tests.services.biller_desk import ENSA, MOBILE, BillerDesk, biller_desk
from tests.services.test_payments_own import tighten
from tests.services.world import World


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Iterator[BillerDesk]:
    with biller_desk(world, tmp_path / "sandbox") as desk:
        yield desk


def ask(desk: BillerDesk, biller: str, reference: str, op: Op = Op.BILLER_PAY, extra: str = "") -> object:
    return inquire(InquireBill(desk.member, biller, op, reference, extra), desk.agent, desk.gateway, desk.world.uow)


# ---------------------------------------------------------------- asking


def test_an_inquiry_tells_whose_bill_it_is_and_moves_nothing(desk: BillerDesk) -> None:
    command = InquireBill(desk.member, "ensa", Op.BILLER_PAY, "1234-567")
    found = inquire(command, desk.agent, desk.gateway, desk.world.uow)
    assert (found.biller_name, found.label, found.reference) == ("ENSA", "Número de cliente (NAC)", ENSA)
    assert found.holder and found.amount_due and found.due_on.count("/") == 2
    assert (found.minimum, found.maximum) == (1, found.amount_due)
    assert desk.sandbox.orders() == [] and desk.paid() == 0
    (event,) = desk.world.events("biller.inquire")
    assert event["detail"] == {"biller": "ensa", "kind": "biller.pay"}


def test_every_biller_that_is_payable_answers_for_its_own_example(desk: BillerDesk) -> None:
    asked = 0
    for biller in load_billers().by_id.values():
        for mode in biller.modes:
            op = {"P": Op.BILLER_PAY, "R": Op.BILLER_TOP_UP}[mode.kind]
            extra = biller.extra_reference.example if biller.extra_reference else ""
            for reference in biller.references_for(mode.kind):
                command = InquireBill(desk.member, biller.id, op, reference.example, extra)
                if biller.id in ("claro", "digicel"):
                    with pytest.raises(BillerUnavailable) as refused:
                        inquire(command, desk.agent, desk.gateway, desk.world.uow)
                    assert refused.value.user_text == biller.unavailable_message
                else:
                    assert inquire(command, desk.agent, desk.gateway, desk.world.uow).biller_name == biller.name
                    asked += 1
    assert asked == 17


@pytest.mark.parametrize(
    ("biller", "op", "reference", "extra", "field", "words"),
    [
        ("mas-movil", Op.BILLER_TOP_UP, "5123-4567", "", "reference", "8 dígitos que empiezan con 6"),
        ("ensa", Op.BILLER_PAY, "12", "", "reference", "Ejemplo: 1234567"),
        ("ensa", Op.BILLER_PAY, "12345679", "", "reference", "no conoce ese número"),
        ("attt", Op.BILLER_PAY, "8-123-456", "", "extra", "Número de control"),
        ("attt", Op.BILLER_PAY, "4111111111111111", "1", "reference", "tarjeta"),
        ("nadie", Op.BILLER_PAY, "1234567", "", "biller", "de la lista"),
        ("ensa", Op.BILLER_TOP_UP, "1234567", "", "biller", "ENSA no admite recargas."),
        ("claro", Op.BILLER_TOP_UP, "61234567", "", "biller", "Claro se paga como +Móvil."),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    desk: BillerDesk, biller: str, op: Op, reference: str, extra: str, field: str, words: str
) -> None:
    with pytest.raises(CoopError) as refused:
        ask(desk, biller, reference, op, extra)
    assert refused.value.field == field and words in refused.value.user_text


def test_without_a_gateway_or_an_answer_nothing_is_promised(desk: BillerDesk) -> None:
    desk.sandbox.fault = Fault.DOWN
    with pytest.raises(BillerSilent):
        ask(desk, "mas-movil", MOBILE, Op.BILLER_TOP_UP)
    form = desk.form()
    with pytest.raises(NoGateway):
        confirm_bill(form, desk.agent, None, desk.world.uow)
    assert desk.held() == 0 and desk.world.scalar("SELECT count(*) FROM biller_order") == 0


def test_a_silent_biller_is_paid_unchecked_where_the_catalogue_lets_it(desk: BillerDesk) -> None:
    desk.sandbox.faults.add(Fault.DOWN, times=1)
    found = ask(desk, "ensa", ENSA)
    assert found.unchecked and (found.holder, found.amount_due, found.usual) == ("", None, ())
    shown = desk.prepare(40_00, op=Op.BILLER_PAY, biller="ensa", reference=ENSA, unchecked=True)
    assert dict(shown.summary)["Titular"] == "SIN COMPROBAR: el recaudador no contesta"
    assert any("no contestó la consulta" in warning for warning in shown.warnings)
    form = desk.form(40_00, op=Op.BILLER_PAY, biller="ensa", reference=ENSA, unchecked=True)
    with pytest.raises(DataChanged):  # what was agreed to says that nobody could be checked
        desk.pay(replace(form, unchecked=False))
    receipt = desk.pay(form)
    assert receipt.outcome == "posted" and ("Titular", "sin comprobar") in receipt.lines
    assert desk.world.events("biller.pay")[-2]["detail"]["unchecked"] is True
    desk.agree()


def test_what_the_inquiry_fixes_or_nothing_undoes_is_never_paid_unchecked(desk: BillerDesk) -> None:
    desk.sandbox.fault = Fault.DOWN
    never = {
        biller.id
        for biller in load_billers().by_id.values()
        for mode in biller.modes
        if mode.kind is PaymentKind.BILL and not mode.unchecked
    }
    assert never == {"attt", "municipio-panama"}
    assert not any(
        mode.unchecked for biller in load_billers().by_id.values() for mode in biller.modes if mode.kind == "R"
    )
    with pytest.raises(BillerSilent):
        ask(desk, "attt", "8-123-456", extra="123456")
    for more in (
        {"op": Op.BILLER_PAY, "biller": "attt", "reference": "8-123-456", "extra": "123456"},
        {"op": Op.BILLER_TOP_UP, "biller": "mas-movil", "reference": MOBILE},
    ):
        with pytest.raises(BillerSilent):
            desk.prepare(5_00, unchecked=True, **more)
    assert desk.held() == 0


# ---------------------------------------------------------------- showing


def test_a_recarga_is_shown_with_operator_number_and_amount(desk: BillerDesk) -> None:
    shown = desk.prepare(5_00, reference="+507 6123-4567")
    said = dict(shown.summary)
    assert (said["Compañía"], said["Número de celular"], said["Monto"]) == ("+Móvil", "6123-4567", "B/.5.00")
    assert said["Desde"].startswith("AHORROS 06-018-•••") and said["Disponible después"] == "B/.995.00"
    assert shown.warnings == ("Una recarga no se puede reversar.",)
    assert shown.balance_after == 995_00 and shown.amount_words == "cinco balboas con 00/100"
    assert shown.daily_left == desk.world.uow.policy.limits[Op.BILLER_TOP_UP].member_daily - 5_00
    assert desk.held() == 0


def test_warnings_of_a_bill(desk: BillerDesk) -> None:
    attt = {"op": Op.BILLER_PAY, "biller": "attt", "reference": "8-123-456", "extra": "123"}
    shown = desk.prepare(50_00, **attt, amount_due=40_00, holder="ANA BATISTA", due_on="30/11/2026")
    said = dict(shown.summary)
    assert (said["Titular"], said["Debe"], said["Vence"]) == ("ANA BATISTA", "B/.40.00", "30/11/2026")
    assert said["Número de control"] == "123"
    assert "Las infracciones de corredores se pagan en ENA o ATTT, no en línea." in shown.warnings
    assert any("pasa lo que el recaudador" in text for text in shown.warnings)
    first = desk.pay(desk.form(20_00))
    again = desk.prepare(20_00)
    assert any(f"ya se ordenó una igual (comprobante {first.number})" in text for text in again.warnings)
    assert not any("ya se ordenó" in text for text in desk.prepare(15_00).warnings)
    assert (
        "La cuenta de origen queda sin saldo disponible."
        in desk.prepare(980_00, op=Op.BILLER_PAY, biller="ensa", reference=ENSA).warnings
    )


@pytest.mark.parametrize(("amount", "biller"), [(7_00, "mas-movil"), (51_00, "metro"), (25, "metro")])
def test_the_biller_s_own_amounts(desk: BillerDesk, amount: int, biller: str) -> None:
    reference = MOBILE if biller == "mas-movil" else "33070524"
    with pytest.raises(InvalidInput) as refused:
        desk.prepare(amount, biller=biller, reference=reference)
    assert refused.value.field == "amount"


def test_only_the_member_s_own_affiliated_savings_pay(desk: BillerDesk) -> None:
    world = desk.world
    stranger = world.account(world.member("50013"), balance=100_00)
    unaffiliated = world.account(desk.member, balance=100_00, affiliated_at=None)
    blocked = world.account(desk.member, balance=100_00, status="blocked")
    wrong = world.account(desk.member, product="01", balance=100_00)
    for account, error in (
        (stranger, NotFound), (unaffiliated, AccountUnusable), (blocked, AccountUnusable), (wrong, AccountUnusable),
    ):  # fmt: skip
        desk.source = account
        with pytest.raises(error):
            desk.prepare()


def test_rights_and_levels(desk: BillerDesk) -> None:
    form = desk.form()
    auditor = desk.world.staff("auditor", [Role.AUDITOR])
    with pytest.raises(NotPermitted):
        confirm_bill(form, auditor, desk.gateway, desk.world.uow)
    unverified = desk.world.staff("otra")
    with pytest.raises(VerificationNeeded):
        confirm_bill(form, unverified, desk.gateway, desk.world.uow)
    with pytest.raises(VerificationNeeded):
        inquire(InquireBill(desk.member, "ensa", Op.BILLER_PAY, ENSA), unverified, desk.gateway, desk.world.uow)
    assert desk.sandbox.requests == 0


# ---------------------------------------------------------------- paying


def test_a_recarga_is_paid_told_and_noted(desk: BillerDesk) -> None:
    form = desk.form()
    receipt = desk.pay(form)
    said = dict(receipt.lines)
    assert (receipt.outcome, said["Estado"], receipt.existed) == ("posted", "Pagada", False)
    assert said["Ref. del recaudador"] == desk.sandbox.orders()[0].gateway_ref
    assert (said["Compañía"], said["Número de celular"]) == ("+Móvil", "6123-4567")
    assert said["Aviso"] == "Una recarga no se puede reversar." and receipt.amount == 5_00
    assert desk.world.balance(desk.source) == 995_00
    events = [(event["action"], event["result"]) for event in desk.world.events()]
    assert events == [("payment.prepare", "ok"), ("biller.top_up", "held"), ("biller.top_up", "ok")]
    assert desk.world.rows("SELECT template FROM outbox") == [{"template": "bill_paid"}]
    operations = desk.world.rows("SELECT outcome, actor, channel FROM operation WHERE kind = 'biller.top_up'")
    assert {row["outcome"] for row in operations} == {"held", "posted"}
    assert {(row["actor"], row["channel"]) for row in operations} == {(desk.agent.actor, "cis")}
    desk.agree()


def test_the_money_stands_on_the_biller_s_clearing_account(desk: BillerDesk) -> None:
    desk.pay(desk.form(20_00))
    desk.pay(desk.form(12_34, op=Op.BILLER_PAY, biller="ensa", reference=ENSA))
    sums = desk.world.rows(
        "SELECT a.number, a.tracked, sum(e.amount) AS total FROM entry e JOIN account a ON a.id = e.account_id"
        " WHERE a.number LIKE 'REC-%' GROUP BY a.number, a.tracked ORDER BY a.number"
    )
    assert [(row["number"], bool(row["tracked"]), int(row["total"])) for row in sums] == [
        ("REC-ensa", False, 12_34),
        ("REC-mas-movil", False, 20_00),
    ]


def test_a_refusal_gives_the_money_back_and_says_why(desk: BillerDesk) -> None:
    form = desk.form(op=Op.BILLER_PAY, biller="ensa", reference="12345679")
    receipt = desk.pay(form)
    said = dict(receipt.lines)
    assert (receipt.outcome, said["Estado"]) == ("released", "Rechazada por el recaudador")
    assert said["Motivo"] == "El recaudador no conoce ese número."
    assert desk.world.balance(desk.source) == 1_000_00 and desk.held() == 0
    assert desk.world.rows("SELECT template FROM outbox") == [{"template": "bill_refused"}]
    desk.agree()


def test_the_same_key_again_answers_how_it_stands_now(desk: BillerDesk) -> None:
    desk.sandbox.fault = Fault.DOWN
    form = desk.form()
    first = desk.pay(form)
    assert (first.outcome, dict(first.lines)["Estado"], first.existed) == ("held", "En proceso", False)
    again = desk.pay(form)
    assert (again.outcome, again.existed, again.number) == ("held", True, first.number)
    desk.sandbox.fault = None
    desk.world.clock.advance(minutes=1)
    from services.biller_orders import settle_due

    assert settle_due(desk.world.uow, desk.gateway) == 1
    paid = desk.pay(form)
    assert (paid.outcome, paid.existed, paid.number) == ("posted", True, first.number)
    with pytest.raises(KeyReused):
        desk.pay(replace(form, amount=10_00))
    desk.agree()


def test_funds_and_what_was_seen(desk: BillerDesk) -> None:
    form, other = desk.form(20_00), desk.form(20_00)
    desk.world.fund(desk.source, -1_00)
    with pytest.raises(DataChanged):
        desk.pay(form)
    for changed in ({"holder": "OTRA PERSONA"}, {"amount_due": 1}, {"reference": "62345678"}, {"due_on": "01/01/2027"}):
        with pytest.raises(DataChanged):
            desk.pay(replace(other, **changed))
    assert desk.sandbox.orders() == [] and desk.held() == 0


def test_want_of_funds_sticks_to_the_key(desk: BillerDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    form = desk.form(20_00)
    monkeypatch.setattr("services.biller_payments.hmac.compare_digest", lambda *_: True)
    desk.world.fund(desk.source, -990_00)
    with pytest.raises(InsufficientFunds):
        desk.pay(form)
    desk.world.fund(desk.source, 990_00)
    with pytest.raises(InsufficientFunds) as again:
        desk.pay(form)
    assert "ya quedó rechazada" in again.value.user_text
    assert desk.sandbox.orders() == []


def test_limits_count_what_is_set_aside_and_not_what_came_back(desk: BillerDesk) -> None:
    tighten(desk.world, Op.BILLER_TOP_UP, member_daily=25_00, single={Role.CIS_AGENT: 20_00})
    desk.sandbox.faults.add(Fault.REFUSED, times=1)
    assert desk.pay(desk.form(20_00)).outcome == "released"
    desk.sandbox.fault = Fault.DOWN
    assert desk.pay(desk.form(20_00)).outcome == "held"
    assert desk.prepare(5_00).approval == () and desk.prepare(5_00).daily_left == 0
    assert "límite del día del asociado" in desk.prepare(10_00).approval[0]
    with pytest.raises(ApprovalNeeded):
        desk.pay(desk.form(10_00))


def test_after_a_crash_a_key_is_asked_for_and_never_ordered_again(desk: BillerDesk) -> None:
    form, lost = desk.form(), desk.form(10_00)
    paid = desk.pay(form)
    assert resubmit_bill(form.payload(), desk.agent, desk.world.uow).number == paid.number
    closed = resubmit_bill(lost.payload(), desk.agent, desk.world.uow)
    assert (closed.outcome, dict(closed.lines)["Estado"]) == ("rejected", "Rechazada")
    with pytest.raises(CoopError):
        desk.pay(lost)
    assert len(desk.sandbox.orders()) == 1


def test_the_receipt_again_by_any_of_its_operations_and_the_movement(desk: BillerDesk) -> None:
    form = desk.form()
    paid = desk.pay(form)
    (movement, *_) = last_movements(LastMovements(desk.source), desk.agent, desk.world.uow).rows
    assert movement.description == "Recarga · +Móvil 6123-4567"
    for operation in (form.key, movement.operation_id):
        copy = get_receipt(GetReceipt(operation), desk.agent, desk.world.uow)
        assert (copy.number, copy.copy, dict(copy.lines)["Estado"]) == (paid.number, True, "Pagada")


@pytest.mark.parametrize(("op", "words"), [(Op.BILLER_TOP_UP, "no se puede reversar"), (Op.BILLER_PAY, "devolución")])
def test_no_way_back_from_here(desk: BillerDesk, op: Op, words: str) -> None:
    form = desk.form(op=op, reference=MOBILE)
    desk.pay(form)
    (posted,) = desk.world.rows("SELECT id FROM operation WHERE settles_hold = :key", key=form.key)
    boss = desk.world.staff("jefa", [Role.SUPERVISOR])
    for operation in (form.key, posted["id"]):
        with pytest.raises(NotFound) as refused:
            reverse(Reverse(operation, "Lo pidió el asociado", uuid7()), boss, desk.world.uow)
        assert words in refused.value.user_text
    desk.agree()


def test_a_command_survives_the_journal(desk: BillerDesk) -> None:
    import json

    from services.biller_payments import confirm_bill_of

    form = desk.form()
    assert confirm_bill_of(json.loads(json.dumps(form.payload()))) == form
    assert isinstance(form, ConfirmBill)
