"""What is paid often is at hand by number, ordered by use, counted by the payments themselves (S10–S31)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data.values.uuid7 import uuid7
from services.bills import BillerUnavailable, stored_name
from services.errors import AccountUnusable, InvalidInput, NotFound, NotPermitted, VerificationNeeded
from services.favourite_uses import note_bill_use
from services.favourites import (
    FavouriteKept,
    FavouriteRow,
    ForgetFavourite,
    KeepFavourite,
    KeepPaid,
    ListFavourites,
    RenameFavourite,
    favourites,
    forget_favourite,
    keep_favourite,
    keep_paid,
    rename_favourite,
)
from services.operations import Op
from services.operator import Role, system_operator
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare
from services.receipts import Receipt
from tests.services.world import World


class Desk:
    """A verified member with savings and a quota account, and somebody else with savings."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.agent = world.staff()
        self.member = world.member()
        world.lease(self.agent, self.member, level=2)
        self.savings = world.account(self.member, balance=1_000_00)
        self.quota = world.account(self.member, product="01", label="APORTACIONES")
        self.other = world.member("50233", given_names="Aurelia", surnames="Espino")
        self.theirs = world.account(self.other)

    def pay(self, op: Op, to: int, amount: int, from_account: int | None = None) -> Receipt:
        asked = PreparePayment(op, self.member, from_account or self.savings, to, amount)
        shown = prepare(asked, self.agent, self.world.uow)
        command = ConfirmPayment(uuid7(), shown.hash, op, self.member, asked.from_account, to, amount)
        return confirm(command, self.agent, self.world.uow)

    def keep(self, kind: Op, **more: object) -> FavouriteKept:
        return keep_favourite(KeepFavourite(self.member, kind, **more), self.agent, self.world.uow)  # type: ignore[arg-type]

    def list(self) -> tuple[FavouriteRow, ...]:
        return favourites(ListFavourites(self.member), self.agent, self.world.uow)


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def test_a_payment_counts_and_orders(desk: Desk) -> None:
    desk.keep(Op.TRANSFER_THIRD, to_account=desk.theirs, label="Mi hermana")
    desk.keep(Op.QUOTA_PAY, to_account=desk.quota, from_account=desk.savings)
    assert [(row.position, row.label, row.uses) for row in desk.list()] == [
        (1, "Mi hermana", 0), (2, "APORTACIONES", 0),
    ]  # fmt: skip
    desk.pay(Op.QUOTA_PAY, desk.quota, 25_00)
    desk.world.clock.advance(minutes=1)
    desk.pay(Op.QUOTA_PAY, desk.quota, 30_00)
    first, second = desk.list()
    assert (first.kind, first.to_account, first.uses, first.last_amount) == (Op.QUOTA_PAY, desk.quota, 2, 30_00)
    assert first.last_used_at == desk.world.clock.now() and first.from_account == desk.savings
    assert (second.label, second.holder) == ("Mi hermana", "AURELIA E••••")
    assert second.target.startswith("AHORROS 06-018-•••") and second.last_amount is None and second.obstacle == ""


def test_a_payment_of_another_kind_member_or_destination_counts_nothing(desk: Desk) -> None:
    spare = desk.world.account(desk.member)
    desk.keep(Op.QUOTA_PAY, to_account=desk.quota)
    desk.pay(Op.TRANSFER_OWN, spare, 1_00)
    stranger = Desk.__new__(Desk)
    stranger.world, stranger.agent, stranger.member = desk.world, desk.agent, desk.other
    desk.world.lease(desk.agent, desk.other, level=2)
    desk.world.fund(desk.theirs, 50_00)
    stranger.savings = desk.theirs
    stranger.pay(Op.QUOTA_PAY_THIRD, desk.quota, 1_00)
    assert [row.uses for row in desk.list()] == [0]


def test_what_fails_counts_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.keep(Op.QUOTA_PAY, to_account=desk.quota)

    def die(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr("services.payment_entry.fault", die)
    with pytest.raises(RuntimeError):
        desk.pay(Op.QUOTA_PAY, desk.quota, 25_00)
    monkeypatch.undo()
    assert [row.uses for row in desk.list()] == [0] and desk.world.balance(desk.quota) == 0


def test_kept_from_a_receipt(desk: Desk) -> None:
    receipt = desk.pay(Op.QUOTA_PAY, desk.quota, 25_00)
    kept = keep_paid(KeepPaid(desk.member, receipt.operation_id, "  Cuota\x1b"), desk.agent, desk.world.uow)
    (row,) = desk.list()
    assert (row.id, row.last_amount, row.from_account) == (kept.favourite_id, 25_00, desk.savings)
    assert row.label == kept.label == "Cuota·"
    again = keep_paid(KeepPaid(desk.member, receipt.operation_id, "La cuota"), desk.agent, desk.world.uow)
    assert again.favourite_id == kept.favourite_id and [row.label for row in desk.list()] == ["La cuota"]
    desk.world.lease(desk.agent, desk.other, level=2)
    with pytest.raises(NotFound):
        keep_paid(KeepPaid(desk.other, receipt.operation_id), desk.agent, desk.world.uow)
    with pytest.raises(NotFound):
        keep_paid(KeepPaid(desk.member, uuid7()), desk.agent, desk.world.uow)


def test_a_destination_is_checked_as_a_payment_checks_it(desk: Desk) -> None:
    world = desk.world
    closed = world.account(desk.member, product="01", status="closed")
    hidden = world.account(desk.other, affiliated_at=None)
    loan = world.account(desk.other, product="01", status="blocked")
    with pytest.raises(AccountUnusable):
        desk.keep(Op.QUOTA_PAY, to_account=closed)
    with pytest.raises(AccountUnusable):  # a quota account takes no transfer
        desk.keep(Op.TRANSFER_OWN, to_account=desk.quota)
    for kind, account in (
        (Op.TRANSFER_THIRD, hidden),
        (Op.QUOTA_PAY_THIRD, loan),
        (Op.TRANSFER_THIRD, desk.savings),
        (Op.TRANSFER_OWN, desk.theirs),
        (Op.TRANSFER_THIRD, 999_999),
    ):
        with pytest.raises(NotFound):
            desk.keep(kind, to_account=account)
    with pytest.raises(NotFound):
        desk.keep(Op.QUOTA_PAY, to_account=desk.quota, from_account=desk.theirs)
    for kind, target in ((Op.CASH_DEPOSIT, desk.savings), (Op.NOTE_ADD, desk.savings), (Op.BILLER_PAY, desk.savings)):
        with pytest.raises(InvalidInput):
            desk.keep(kind, to_account=target)
    with pytest.raises(InvalidInput) as refused:
        desk.keep(Op.QUOTA_PAY, to_account=desk.quota, label="4111 1111 1111 1111")
    assert refused.value.field == "label" and desk.list() == ()


def test_bills_by_reference_and_counted_by_their_payment(desk: Desk) -> None:
    desk.keep(Op.BILLER_PAY, biller="ensa", reference="123-4567", from_account=desk.savings, label="Luz")
    desk.keep(Op.BILLER_TOP_UP, biller="mas-movil", reference="6123 4567")
    with pytest.raises(InvalidInput) as refused:
        desk.keep(Op.BILLER_PAY, biller="ensa", reference="no")
    assert refused.value.field == "reference" and "Ejemplo" in refused.value.user_text
    with pytest.raises(BillerUnavailable) as claro:
        desk.keep(Op.BILLER_TOP_UP, biller="claro", reference="61234567")
    assert claro.value.user_text == "Claro se paga como +Móvil."
    with desk.world.uow.begin_system(system_operator("prueba"), member_id=desk.member) as tx:
        note_bill_use(tx, desk.member, "biller.top_up", "mas-movil", "61234567", 5_00, desk.savings)
        note_bill_use(tx, desk.member, "biller.pay", "mas-movil", "61234567", 9_00, desk.savings)
        tx.record("prueba")
        tx.commit()
    top_up, bill = desk.list()
    assert (top_up.label, top_up.reference, top_up.reference_shown) == ("+Móvil 6123-4567", "61234567", "6123-4567")
    assert (top_up.uses, top_up.last_amount, top_up.from_account) == (1, 5_00, desk.savings)
    assert (bill.label, bill.target, bill.reference_shown, bill.uses) == ("Luz", "ENSA", "1234567", 0)


def test_a_biller_that_went_away_stays_with_its_text(desk: Desk) -> None:
    desk.keep(Op.BILLER_TOP_UP, biller="mas-movil", reference="61234567", label="Mi celular")
    desk.world.change("UPDATE favourite SET biller = 'claro'")
    (row,) = desk.list()
    assert (row.target, row.obstacle) == ("Claro", "Claro se paga como +Móvil.")
    desk.world.change("UPDATE favourite SET biller = 'otro'")
    assert desk.list()[0].obstacle == "Ese recaudador no está disponible."


def test_renamed_and_forgotten_but_never_deleted(desk: Desk) -> None:
    kept = desk.keep(Op.QUOTA_PAY, to_account=desk.quota)
    uow = desk.world.uow
    rename_favourite(RenameFavourite(desk.member, kept.favourite_id, "Cuota de casa"), desk.agent, uow)
    assert desk.list()[0].label == "Cuota de casa"
    with pytest.raises(InvalidInput):
        rename_favourite(RenameFavourite(desk.member, kept.favourite_id, "  "), desk.agent, uow)
    desk.world.lease(desk.agent, desk.other, level=2)
    for command in (
        RenameFavourite(desk.other, kept.favourite_id, "Otro"),
        RenameFavourite(desk.member, kept.favourite_id + 1, "Otro"),
    ):
        with pytest.raises(NotFound):
            rename_favourite(command, desk.agent, uow)
    with pytest.raises(NotFound):
        forget_favourite(ForgetFavourite(desk.other, kept.favourite_id), desk.agent, uow)
    forget_favourite(ForgetFavourite(desk.member, kept.favourite_id), desk.agent, uow)
    assert desk.list() == () and desk.world.scalar("SELECT count(*) FROM favourite") == 1
    with pytest.raises(NotFound):
        forget_favourite(ForgetFavourite(desk.member, kept.favourite_id), desk.agent, uow)
    desk.pay(Op.QUOTA_PAY, desk.quota, 1_00)
    assert desk.world.scalar("SELECT uses FROM favourite") == 0
    assert desk.keep(Op.QUOTA_PAY, to_account=desk.quota).favourite_id != kept.favourite_id
    assert [event["result"] for event in desk.world.events("favourite.manage")].count("ok") == 4


def test_reading_needs_a_verified_caller(desk: Desk) -> None:
    auditor, colleague = desk.world.staff("aud", [Role.AUDITOR]), desk.world.staff("jcastillo")
    desk.world.lease(auditor, desk.member, level=3)
    with pytest.raises(NotPermitted):
        favourites(ListFavourites(desk.member), auditor, desk.world.uow)
    with pytest.raises(VerificationNeeded):
        favourites(ListFavourites(desk.member), colleague, desk.world.uow)
    desk.world.lease(colleague, desk.member, level=1)
    assert favourites(ListFavourites(desk.member), colleague, desk.world.uow) == ()
    assert desk.world.events("favourite.view")[-1]["detail"] == {"rows": 0}


def test_another_account_than_usual_becomes_the_usual_one(desk: Desk) -> None:
    desk.keep(Op.QUOTA_PAY, to_account=desk.quota, from_account=desk.savings)
    second = desk.world.account(desk.member, balance=50_00)
    desk.pay(Op.QUOTA_PAY, desk.quota, 5_00, from_account=second)
    assert desk.list()[0].from_account == second


@pytest.mark.parametrize(
    ("op", "biller", "reference", "shown"),
    [
        (Op.BILLER_TOP_UP, "mas-movil", "61234567", ("+Móvil", "6123-4567")),
        (Op.BILLER_PAY, "cable-wireless", "2050911", ("Cable & Wireless", "205-0911")),
        (Op.BILLER_PAY, "ensa", "1234567", ("ENSA", "1234567")),
        (Op.BILLER_PAY, "attt", "8-123-456", ("ATTT", "8-123-456")),
        (Op.BILLER_PAY, "panapass", "0033070524", ("ENA (Panapass)", "0033070524")),  # it takes no bills any more
        (Op.BILLER_PAY, "nadie", "12", ("nadie", "12")),
        (Op.BILLER_PAY, "ensa", "", ("ENSA", "")),
    ],
)
def test_a_number_is_shown_as_the_receipt_has_it(op: Op, biller: str, reference: str, shown: tuple[str, str]) -> None:
    assert stored_name(op, biller, reference) == shown


def test_kinds_are_those_of_the_ledger(desk: Desk) -> None:
    """A receipt of cash, or of something that paid nobody, is not kept."""
    receipt = desk.pay(Op.QUOTA_PAY, desk.quota, 25_00)
    desk.world.fund(desk.savings, 1_00)
    opening = desk.world.scalar("SELECT id FROM operation WHERE kind = 'opening' ORDER BY seq DESC LIMIT 1")
    paid = KeepPaid(desk.member, receipt.operation_id)
    with pytest.raises(NotFound):
        keep_paid(replace(paid, operation_id=opening), desk.agent, desk.world.uow)
