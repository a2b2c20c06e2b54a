"""Attacks on the portal: two hands on one ticket, one code, one user name; and the whole portal under the program's own
role on PostgreSQL, which can rewrite no signature."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DBAPIError

from data.engine import make_engine, writing
from data.grants import grant
from data.secrets import Hasher, Secret, Secrets
from data.values.uuid7 import uuid7
from services import first_access as fa
from services import forgotten_password as fp
from services import member_codes
from services import member_proofs as proofs
from services import member_security as ms
from services import member_sign_in as door
from services.errors import CoopError, InvalidInput
from services.image_reports import open_reports
from services.member_profile import member_profile
from services.operations import Op
from services.payment_codes import CheckPaymentCode, SendPaymentCode, check_payment_code, purpose_of, send_payment_code
from services.payment_facts import Wanted
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare
from services.policy import load_policy
from services.portal_throttles import purge
from services.registration import Register, register
from services.unit_of_work import UnitOfWork
from tests.services import portal_door as portal
from tests.services.access_cases import mails
from tests.services.portal_door import WEB
from tests.services.world import World

HANDS = 6


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call answers or raises, all begun together."""
    barrier, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(at: int) -> None:
        barrier.wait()
        try:
            answers[at] = calls[at]()
        except CoopError as error:
            answers[at] = error

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_one_ticket_in_many_hands_opens_one_door(world: World) -> None:
    portal.configured(world)
    picture = portal.at_the_picture(world)
    command = door.GivePassword(picture.ticket, Secret(portal.NEW_PASSWORD))
    answers = at_once(*[lambda: door.give_password(command, WEB, world.uow)] * HANDS)
    inside = [answer for answer in answers if isinstance(answer, door.SignedInMember)]
    assert len(inside) == 1 and {type(answer) for answer in answers if answer not in inside} == {door.DoorClosed}
    assert world.scalar("SELECT count(*) FROM member_session WHERE ended_at IS NULL") == 1


def test_many_right_sign_ins_leave_one_session(world: World) -> None:
    portal.configured(world)
    pictures = [portal.at_the_picture(world) for _ in range(HANDS)]
    calls = [
        lambda step=step: door.give_password(
            door.GivePassword(step.ticket, Secret(portal.NEW_PASSWORD)), WEB, world.uow
        )
        for step in pictures
    ]
    assert all(isinstance(answer, door.SignedInMember) for answer in at_once(*calls))
    assert world.scalar("SELECT count(*) FROM member_session WHERE ended_at IS NULL") == 1


def test_many_guesses_at_once_count_one_by_one(world: World) -> None:
    """However many run together, no more than five are compared before the access is shut."""
    portal.configured(world)
    pictures = [portal.at_the_picture(world) for _ in range(8)]
    calls = [
        lambda step=step: door.give_password(door.GivePassword(step.ticket, Secret("no es")), WEB, world.uow)
        for step in pictures
    ]
    assert {type(answer) for answer in at_once(*calls)} == {door.DoorRefused}
    assert world.scalar("SELECT failed_count FROM access") == 5
    assert world.scalar("SELECT state FROM access") == "bloqueado"


def test_one_code_pays_once_in_many_hands(world: World) -> None:
    operator, member = portal.member_inside(world)
    one, theirs = world.account(member, balance=100_00), world.account(world.member("50013"))
    wanted = (member, one, theirs, 10_00)
    send_payment_code(SendPaymentCode(Op.TRANSFER_THIRD, *wanted, "email"), operator, world.uow)
    code = Secret(str(mails(world, "portal_code")[-1]["context"]["code"]))
    assert check_payment_code(CheckPaymentCode(member, code), operator, world.uow)
    shown = prepare(PreparePayment(Op.TRANSFER_THIRD, *wanted), operator, world.uow)
    calls = [
        lambda: confirm(ConfirmPayment(uuid7(), shown.hash, Op.TRANSFER_THIRD, *wanted), operator, world.uow)
    ] * HANDS
    answers = at_once(*calls)
    paid = [answer for answer in answers if getattr(answer, "outcome", "") == "posted"]
    assert len(paid) == 1 and world.balance(theirs) == 10_00
    assert all(isinstance(answer, CoopError) for answer in answers if answer not in paid)


def test_a_passed_code_is_used_up_by_one_transaction(world: World) -> None:
    operator, member = portal.member_inside(world)
    one, theirs = world.account(member, balance=100_00), world.account(world.member("50013"))
    wanted = Wanted(Op.TRANSFER_THIRD, member, one, theirs, 10_00, "")
    send_payment_code(SendPaymentCode(Op.TRANSFER_THIRD, member, one, theirs, 10_00, "email"), operator, world.uow)
    code = Secret(str(mails(world, "portal_code")[-1]["context"]["code"]))
    assert check_payment_code(CheckPaymentCode(member, code), operator, world.uow)

    def use() -> bool:
        with world.uow.begin(operator, Op.TRANSFER_THIRD, member_id=member) as tx:
            used = member_codes.use(tx, operator.session_id, purpose_of(wanted))
            tx.record(result="ok" if used else "none")
            tx.commit()
            return used

    assert sorted(at_once(*[use] * HANDS)) == [False] * (HANDS - 1) + [True]


def test_one_user_name_for_many_members(world: World) -> None:
    inside = []
    for number in range(4):
        _, _, password = portal.issued(world, str(50_020 + number), f"agente{number}")
        inside.append(portal.with_temporary(world, password, str(50_020 + number)).operator)
        portal.take(world, inside[-1], "password", password)
    calls = [
        lambda operator=operator: fa.set_username(fa.SetUsername("El.Mismo.1"), operator, world.uow)
        for operator in inside
    ]
    answers = at_once(*calls)
    assert sum(isinstance(answer, fa.WizardState) for answer in answers) == 1
    refused = [answer for answer in answers if isinstance(answer, InvalidInput)]
    assert {answer.user_text for answer in refused} == {"Ese usuario no está disponible."} and len(refused) == 3


def test_one_step_taken_by_two_windows_is_taken_once(world: World) -> None:
    _, _, password = portal.issued(world)
    operator = portal.with_temporary(world, password).operator
    answers = at_once(*[lambda: portal.take(world, operator, "password", password)] * 4)
    assert sum(isinstance(answer, fa.WizardState) for answer in answers) == 1
    assert len([event for event in world.events("portal.password") if event["result"] == "ok"]) == 1


# ---------------------------------------------------------------- under the program's own role


@pytest.fixture
def role_world(postgresql_store_url: str, secrets: Secrets, hasher: Hasher) -> Iterator[World]:
    """A world whose unit of work has the role's rights alone."""
    made = World(postgresql_store_url, secrets, hasher)
    name = str(made.scalar("SELECT 'coop_portal_' || replace(current_database(), 'coop_test_', '')"))
    made.change(f'CREATE ROLE "{name}" NOLOGIN')
    with writing(made.engine).begin() as connection:
        grant(connection, name)
    engine = role_engine(made.url, name)
    made.uow = UnitOfWork(engine, clock=made.clock, policy=load_policy(), secrets=secrets, hasher=hasher)
    yield made
    engine.dispose()
    made.change(f'DROP OWNED BY "{name}"')
    made.change(f'DROP ROLE "{name}"')
    made.close()


def role_engine(url: str, name: str) -> Engine:
    engine = make_engine(url)

    @event.listens_for(engine, "connect")
    def become(connection: object, _record: object) -> None:
        connection.autocommit = True  # type: ignore[attr-defined]
        connection.execute(f'SET ROLE "{name}"')  # type: ignore[attr-defined]
        connection.autocommit = False  # type: ignore[attr-defined]

    return engine


@pytest.mark.postgresql
def test_the_whole_portal_works_under_the_role(role_world: World) -> None:
    world, uow = role_world, role_world.uow
    for number in ("50040", "50041", "50042"):
        try:
            register(Register(number, portal.BIRTH, portal.cedula(number)), WEB, uow)
        except CoopError as error:
            assert error.code == "challenge_needed"
    operator, member = portal.member_inside(world)
    proofs.proof_question(operator, uow)
    one, theirs = world.account(member, balance=100_00), world.account(world.member("50013"))
    send_payment_code(SendPaymentCode(Op.TRANSFER_THIRD, member, one, theirs, 1_00, "email"), operator, uow)
    code = Secret(str(mails(world, "portal_code")[-1]["context"]["code"]))
    assert check_payment_code(CheckPaymentCode(member, code), operator, uow)
    wanted = (member, one, theirs, 1_00)
    shown = prepare(PreparePayment(Op.TRANSFER_THIRD, *wanted), operator, uow)
    assert confirm(ConfirmPayment(uuid7(), shown.hash, Op.TRANSFER_THIRD, *wanted), operator, uow).outcome == "posted"
    signed = portal.sign_in(world, remember=True)
    device = member_profile(signed.operator, uow).devices[0].device_id
    ms.forget_own_devices(ms.ForgetOwnDevices(device), signed.operator, uow)
    door.not_my_image(door.NotMyImage(portal.at_the_picture(world).ticket), WEB, uow)
    assert open_reports(world.staff("otra"), uow)
    step = fp.forgot(fp.Forgot(portal.USER), WEB, uow)
    code = Secret(str(mails(world, "portal_code")[-1]["context"]["code"]))
    proven = fp.prove(fp.ProveForgotten(step.ticket, code, portal.right_answer(step.question_text)), WEB, uow)
    fp.renew(fp.RenewPassword(proven.ticket, Secret("Otra frase larga 9"), Secret("Otra frase larga 9")), WEB, uow)
    world.clock.advance(hours=50)
    assert purge(uow) > 0


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contract_signature SET text = 'otro'",
        "DELETE FROM contract_signature",
        "TRUNCATE contract_signature",
        "DELETE FROM member_session",
        "DELETE FROM image_report",
        "UPDATE image_report SET answered = false",
        "UPDATE portal_try SET at = now()",
        "UPDATE answer_failure SET at = now()",
        "DELETE FROM statement_mail",
    ],
)
def test_the_role_rewrites_no_evidence(role_world: World, statement: str) -> None:
    with pytest.raises(DBAPIError) as raised, role_world.uow.engine.begin() as connection:
        connection.execute(text(statement))
    assert "permission denied" in str(raised.value.orig)
