"""A second person, at the desk or from the queue: asked, looked at, decided once (req. 15, 42, 43)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy.exc import DBAPIError

from data.secrets import Secret
from services.approval_ends import expire_due
from services.approval_rows import AlreadyDecided
from services.approval_rules import ShareTooSmall
from services.approvals import (
    Approve,
    NoApprovalNeeded,
    Refuse,
    RequestApproval,
    Withdraw,
    approve,
    confirm_with_second_person,
    refuse,
    request_approval,
    withdraw,
)
from services.errors import (
    AccountUnusable,
    CoopError,
    DataChanged,
    InsufficientFunds,
    InvalidInput,
    KeyReused,
    LimitExceeded,
    NotFound,
    NotPermitted,
    ReauthenticationNeeded,
    SecondFactorNeeded,
    SignInRefused,
    VerificationNeeded,
)
from services.ledger_check import check
from services.operations import Op
from services.operator import Role
from services.payment_codes import CodeNeeded
from services.payment_limits import ApprovalNeeded
from services.payments import confirm
from services.receipts import GetReceipt, get_receipt
from tests.services.approval_desk import BIG, NOTE, ApprovalDesk, tighten
from tests.services.world import PASSWORD, World


@pytest.fixture
def desk(world: World) -> ApprovalDesk:
    return ApprovalDesk(world)


# ---------------------------------------------------------------- at the desk


def test_here_a_second_person_signs_for_one_transaction(desk: ApprovalDesk) -> None:
    desk.supervisor(sign_in=False)
    command = desk.form()
    with pytest.raises(ApprovalNeeded):
        confirm(command, desk.agent, desk.world.uow)
    receipt = desk.here(command)
    lines = dict(receipt.lines)
    assert (lines["Aprobó"], lines["Agente"]) == ("sgomez", "mrodriguez")
    assert desk.world.balance(desk.second) == BIG
    (done,) = [event for event in desk.world.events("transfer.own") if event["result"] == "ok"]
    assert (done["actor"], done["detail"]["approved_by"]) == (desk.agent.actor, "sgomez")
    again = desk.here(command)  # a second Enter asks nobody and posts nothing
    assert again.existed and again.number == receipt.number and desk.posted() == 1
    with pytest.raises(ApprovalNeeded):  # for one transaction
        confirm(desk.form(), desk.agent, desk.world.uow)


def test_here_what_is_wrong_is_told_and_nothing_moves(desk: ApprovalDesk) -> None:
    world = desk.world
    desk.supervisor(sign_in=False)
    command = desk.form()
    with pytest.raises(SignInRefused):
        desk.here(command, "nadie")
    with pytest.raises(NotPermitted) as own:
        desk.here(command, "mrodriguez")
    assert "que usted registró" in own.value.user_text
    world.staff("jcastillo", sign_in=False)
    with pytest.raises(NotPermitted):
        desk.here(command, "jcastillo")
    with pytest.raises(SecondFactorNeeded):
        confirm_with_second_person(command, "sgomez", Secret(PASSWORD), None, desk.agent, world.uow)
    with pytest.raises(DataChanged):  # before any password is looked at
        desk.here(replace(command, prepared_hash="0" * 64), "nadie")
    assert desk.posted() == 0 and world.balance(desk.second) == 0


def test_here_the_share_of_the_second_person_covers_it(desk: ApprovalDesk) -> None:
    desk.supervisor(sign_in=False)
    tighten(desk.world, single={Role.CIS_AGENT: 100_00, Role.SUPERVISOR: 120_00})
    with pytest.raises(ShareTooSmall) as refused:
        desk.here(desk.form())
    assert "B/.120.00" in refused.value.user_text and "Nadie" in refused.value.user_text
    assert desk.posted() == 0


# ---------------------------------------------------------------- into the queue


def test_a_request_moves_nothing_and_keeps_what_was_seen(desk: ApprovalDesk) -> None:
    command = desk.form(memo="Para el lote")
    asked = desk.ask(command)
    assert asked.request_id == command.key and not asked.existed
    assert asked.expires_at == desk.world.clock.now() + timedelta(hours=desk.world.uow.policy.approval.valid_hours)
    (row,) = desk.world.rows("SELECT * FROM approval_request")
    assert (row["state"], row["amount"], row["note"], row["evidence"]) == ("waiting", BIG, NOTE, "N2 code question")
    assert dict(json.loads(row["summary"])["lines"])["Detalle"] == "Para el lote"
    maker = json.loads(row["maker"])
    assert (maker["actor"], maker["case_id"], maker["channel"]) == (desk.agent.actor, desk.case, "cis")
    assert desk.posted() == 0 and desk.world.balance(desk.first) == 500_00
    (event,) = desk.world.events("approval.request")
    assert (event["object"], event["member"], event["reason"]) == (command.key, desk.member, NOTE)
    assert event["detail"]["hash"] == command.prepared_hash and event["detail"]["evidence"] == "N2 code question"
    assert desk.world.scalar("SELECT count(*) FROM outbox") == 0


def test_the_same_request_again_is_the_same_one(desk: ApprovalDesk) -> None:
    command = desk.form()
    first, again = desk.ask(command), desk.ask(command)
    assert again.existed and again.request_id == first.request_id
    assert desk.world.scalar("SELECT count(*) FROM approval_request") == 1
    with pytest.raises(KeyReused):
        desk.ask(replace(command, amount=BIG + 1))
    colleague = desk.world.staff("jcastillo")
    desk.world.lease(colleague, desk.member, level=2)
    with pytest.raises(KeyReused):
        request_approval(RequestApproval(command, NOTE), colleague, desk.world.uow)
    small = desk.form(50_00)
    confirm(small, desk.agent, desk.world.uow)
    with pytest.raises(KeyReused):
        desk.ask(small)


def test_what_the_queue_does_not_take(desk: ApprovalDesk) -> None:
    with pytest.raises(NoApprovalNeeded):
        desk.ask(desk.form(50_00))
    with pytest.raises(DataChanged):
        desk.ask(replace(desk.form(), prepared_hash="0" * 64))
    for note in ("", "ok", "su tarjeta es 4111 1111 1111 1111", "cédula 8-123-456 dice"):
        with pytest.raises(InvalidInput) as refused:
            desk.ask(note=note)
        assert refused.value.field == "note"
    desk.world.fund(desk.first, 2_000_00)
    with pytest.raises(LimitExceeded) as most:
        desk.ask(desk.form(1_000_01))
    assert "Nadie puede aprobar" in most.value.user_text and "B/.1,000.00" in most.value.user_text
    command = desk.form()
    desk.world.change("UPDATE verification_lease SET ended_at = granted_at")
    with pytest.raises(VerificationNeeded):
        desk.ask(command)
    assert desk.world.scalar("SELECT count(*) FROM approval_request") == 0


def test_the_code_of_a_third_party_is_used_up_when_it_is_asked_for(world: World) -> None:
    desk = ApprovalDesk(world, op=Op.TRANSFER_THIRD)
    with pytest.raises(CodeNeeded):
        desk.ask()
    desk.code()
    asked = desk.ask()
    with pytest.raises(CodeNeeded):
        desk.ask()  # one code, one payment
    receipt = desk.approve(asked.request_id, desk.supervisor())
    assert receipt.outcome == "posted" and world.balance(desk.second) == BIG


# ---------------------------------------------------------------- approved


def test_the_money_moves_in_the_approvers_hands_and_in_the_makers_name(desk: ApprovalDesk) -> None:
    asked = desk.ask(desk.form(memo="Para el lote"))
    supervisor = desk.supervisor(branch="018")
    receipt = desk.approve(asked.request_id, supervisor)
    lines = dict(receipt.lines)
    assert (lines["Agente"], lines["Aprobó"], lines["Canal"], lines["Sucursal"]) == (
        "mrodriguez",
        "sgomez",
        "CIS",
        "001",
    )
    assert receipt.operation_id == asked.request_id and desk.world.balance(desk.second) == BIG
    (operation,) = desk.world.rows("SELECT * FROM operation WHERE kind = 'transfer.own'")
    assert (operation["actor"], operation["case_id"], operation["terminal"]) == (desk.agent.actor, desk.case, "T-1")
    (done,) = desk.world.events("transfer.own")
    assert (done["actor"], done["detail"]["made_by"], done["detail"]["approved_by"]) == (
        supervisor.actor, "mrodriguez", "sgomez",
    )  # fmt: skip
    (given,) = desk.world.events("approval.give")
    assert given["object"] == asked.request_id and given["detail"]["made_by"] == "mrodriguez"
    (row,) = desk.world.rows("SELECT * FROM approval_request")
    assert (row["state"], row["decided_by"]) == ("approved", supervisor.staff_id)
    (mail,) = desk.world.rows("SELECT * FROM outbox")
    assert (mail["template"], mail["member_id"]) == ("transfer_done", desk.member)
    copy = get_receipt(GetReceipt(asked.request_id), desk.agent, desk.world.uow)
    assert dict(copy.lines)["Aprobó"] == "sgomez"
    assert check(desk.world.uow) == ()


def test_told_twice_it_is_done_once(desk: ApprovalDesk) -> None:
    asked, supervisor = desk.ask(), desk.supervisor()
    shown = desk.detail(asked.request_id, supervisor).hash
    first = desk.approve(asked.request_id, supervisor, shown)
    again = desk.approve(asked.request_id, supervisor, shown)
    assert again.existed and again.number == first.number and desk.posted() == 1
    other = desk.supervisor("lvega")
    with pytest.raises(AlreadyDecided) as late:
        desk.approve(asked.request_id, other, shown)
    assert "aprobada por sgomez" in late.value.user_text


def test_the_day_of_the_maker_counts_it(desk: ApprovalDesk) -> None:
    desk.approve(desk.ask().request_id, desk.supervisor())
    tighten(desk.world, agent_daily=200_00)
    assert desk.prepare(60_00).approval == ("Pasa el límite del día de quien la registra.",)


def test_a_fresh_password_is_asked_of_the_approver(desk: ApprovalDesk) -> None:
    asked, supervisor = desk.ask(), desk.supervisor()
    shown = desk.detail(asked.request_id, supervisor).hash
    desk.world.clock.advance(minutes=4)
    desk.detail(asked.request_id, supervisor)
    desk.world.clock.advance(minutes=2)
    with pytest.raises(ReauthenticationNeeded):
        desk.approve(asked.request_id, supervisor, shown)
    assert desk.state(asked.request_id) == "waiting"


def test_what_changed_is_shown_and_only_that_can_be_approved(desk: ApprovalDesk) -> None:
    asked, supervisor = desk.ask(), desk.supervisor()
    before = desk.detail(asked.request_id, supervisor)
    assert before.changes == () and before.trouble == ""
    desk.world.fund(desk.first, -50_00)
    with pytest.raises(DataChanged):
        desk.approve(asked.request_id, supervisor, before.hash)
    after = desk.detail(asked.request_id, supervisor)
    assert after.changes == (("Saldo después", "B/.350.00", "B/.300.00"),) and after.hash != before.hash
    assert desk.state(asked.request_id) == "waiting" and desk.posted() == 0
    desk.approve(asked.request_id, supervisor, after.hash)
    given = desk.world.events("approval.give")[-1]
    assert given["detail"]["hashes"] == {"asked": before.hash, "approved": after.hash}
    (row,) = desk.world.rows("SELECT * FROM approval_request")
    assert row["prepared_hash"] == before.hash and "B/.350.00" in row["summary"]  # what was asked for stays


def test_other_rules_are_a_change_too(desk: ApprovalDesk) -> None:
    asked, supervisor = desk.ask(), desk.supervisor()
    before = desk.detail(asked.request_id, supervisor).hash
    desk.world.uow.policy = replace(desk.world.uow.policy, sha256="f" * 64)
    with pytest.raises(DataChanged):
        desk.approve(asked.request_id, supervisor, before)
    (change,) = desk.detail(asked.request_id, supervisor).changes
    assert change[0] == "Reglas"


@pytest.mark.parametrize("trouble", ["funds", "blocked", "maximum"])
def test_what_stands_in_the_way_leaves_it_waiting(desk: ApprovalDesk, trouble: str) -> None:
    asked, supervisor = desk.ask(), desk.supervisor()
    shown = desk.detail(asked.request_id, supervisor).hash
    if trouble == "funds":
        desk.world.fund(desk.first, -400_00)
    elif trouble == "blocked":
        desk.world.change("UPDATE account SET status = 'blocked' WHERE id = :id", id=desk.second)
    else:
        tighten(desk.world, maximum=10_00)
    error = {"funds": InsufficientFunds, "blocked": AccountUnusable, "maximum": LimitExceeded}[trouble]
    with pytest.raises(error) as refused:
        desk.approve(asked.request_id, supervisor, shown)
    detail = desk.detail(asked.request_id, supervisor)
    assert detail.hash == "" and detail.trouble == refused.value.user_text
    assert dict(detail.summary)["Monto"] == "B/.150.00"
    assert desk.state(asked.request_id) == "waiting" and desk.posted() == 0
    if trouble == "funds":
        desk.world.fund(desk.first, 400_00)
        assert desk.approve(asked.request_id, supervisor).outcome == "posted"


# ---------------------------------------------------------------- not approved


def test_refused_stays_refused(desk: ApprovalDesk) -> None:
    command = desk.form()
    asked, supervisor = desk.ask(command), desk.supervisor()
    shown = desk.detail(asked.request_id, supervisor).hash
    with pytest.raises(InvalidInput):
        refuse(Refuse(asked.request_id, "no"), supervisor, desk.world.uow)
    refuse(Refuse(asked.request_id, "La escritura no es de él"), supervisor, desk.world.uow)
    (row,) = desk.world.rows("SELECT * FROM approval_request")
    assert (row["state"], row["decided_by"], row["decision"]) == (
        "refused", supervisor.staff_id, "La escritura no es de él",
    )  # fmt: skip
    for act in (
        partial(approve, Approve(asked.request_id, shown), supervisor),
        partial(refuse, Refuse(asked.request_id, "Otra vez que no"), supervisor),
        partial(withdraw, Withdraw(asked.request_id), desk.agent),
    ):
        with pytest.raises(AlreadyDecided):
            act(desk.world.uow)
    again = desk.ask(command)  # answers, and opens nothing
    assert again.existed and desk.state(asked.request_id) == "refused"
    tighten(desk.world, single={Role.CIS_AGENT: 1_000_00})
    with pytest.raises(CoopError, match="refused"):
        confirm(replace(command, prepared_hash=desk.prepare().hash), desk.agent, desk.world.uow)
    desk.supervisor("lvega", sign_in=False)
    with pytest.raises(CoopError, match="refused"):
        desk.here(command, "lvega")
    assert desk.posted() == 0 and check(desk.world.uow) == ()
    assert desk.world.events("approval.refuse")[-1]["reason"] == "La escritura no es de él"


def test_the_maker_takes_it_back_and_nobody_else(desk: ApprovalDesk) -> None:
    asked, supervisor = desk.ask(), desk.supervisor()
    for other in (supervisor, desk.world.staff("jcastillo")):
        with pytest.raises(NotPermitted):
            withdraw(Withdraw(asked.request_id), other, desk.world.uow)
    withdraw(Withdraw(asked.request_id), desk.agent, desk.world.uow)
    assert desk.state(asked.request_id) == "withdrawn"
    with pytest.raises(AlreadyDecided):
        desk.approve(asked.request_id, supervisor, "0" * 64)
    with pytest.raises(NotFound):
        withdraw(Withdraw("01890000-0000-7000-8000-000000000000"), desk.agent, desk.world.uow)


def test_after_its_hours_it_is_over(desk: ApprovalDesk) -> None:
    asked, supervisor = desk.ask(), desk.supervisor()
    shown = desk.detail(asked.request_id, supervisor).hash
    desk.later(hours=23, minutes=59)
    assert expire_due(desk.world.uow) == 0
    desk.later(minutes=1)
    with pytest.raises(AlreadyDecided) as over:  # before anybody swept
        desk.approve(asked.request_id, supervisor, shown)
    assert "venció" in over.value.user_text
    assert expire_due(desk.world.uow) == 1 and expire_due(desk.world.uow) == 0
    (event,) = desk.world.events("approval.expire")
    assert (event["object"], event["member"], event["user"]) == (asked.request_id, desk.member, "aprobaciones")
    assert desk.state(asked.request_id) == "expired" and desk.posted() == 0
    assert desk.world.scalar("SELECT outcome FROM operation WHERE id = :id", id=asked.request_id) == "rejected"
    assert check(desk.world.uow) == ()


def test_a_decided_row_is_never_changed_or_dropped(desk: ApprovalDesk) -> None:
    waiting, decided = desk.ask().request_id, desk.ask().request_id
    desk.approve(decided, desk.supervisor())
    for sql in (
        "UPDATE approval_request SET state = 'waiting' WHERE id = :id",
        "UPDATE approval_request SET decision = 'x' WHERE id = :id",
        "DELETE FROM approval_request WHERE id = :id",
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            desk.world.change(sql, id=decided)
    for sql in (
        "UPDATE approval_request SET amount = 1 WHERE id = :id",
        "UPDATE approval_request SET command = 'x' WHERE id = :id",
        "UPDATE approval_request SET evidence = 'N3' WHERE id = :id",
        "UPDATE approval_request SET expires_at = requested_at WHERE id = :id",
        "DELETE FROM approval_request WHERE id = :id",
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            desk.world.change(sql, id=waiting)


def test_no_card_number_and_no_secret_is_kept(desk: ApprovalDesk) -> None:
    with pytest.raises(InvalidInput):
        desk.form(memo="4111 1111 1111 1111")
    with pytest.raises(InvalidInput):
        desk.ask(replace(desk.form(), memo="4111-1111-1111-1111"))
    desk.supervisor(sign_in=False)
    desk.ask(desk.form())
    desk.here(desk.form(), "sgomez")
    (row,) = desk.world.rows("SELECT * FROM approval_request")
    kept = json.dumps({name: str(value) for name, value in row.items()}) + json.dumps(desk.world.events())
    assert "4111" not in kept and PASSWORD not in kept and desk.world.code().reveal() not in kept


def test_cash_with_a_stated_source_does_not_wait(desk: ApprovalDesk) -> None:
    """The statement is kept sealed with its payment (req. 45); the queue would keep it in clear."""
    command = replace(desk.form(), funds="Venta de un terreno en Chame")
    with pytest.raises(NotPermitted):
        desk.ask(command)
    assert desk.world.scalar("SELECT count(*) FROM approval_request") == 0
    assert "Chame" not in str(desk.world.events())
