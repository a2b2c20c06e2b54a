"""The member's secrets are nowhere either: the portal's whole way, slips included, then every cell, file, log line and
error is searched (req. 18, 48, 57)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from data.secrets import Hasher, Secret, Secrets
from data.values.uuid7 import uuid7
from services import first_access as fa
from services import forgotten_password as fp
from services import member_proofs as proofs
from services import member_security as ms
from services import member_sign_in as door
from services.credentials import IssueCredential, issue_credential
from services.errors import CoopError
from services.maildir import MaildirMail
from services.operations import Op
from services.payment_codes import CheckPaymentCode, SendPaymentCode, check_payment_code, send_payment_code
from services.registration import Register, register
from services.security_questions import NewAnswer
from services.transports import Transports
from services.worker import run_once
from tests.journeys.hunt import Hunt
from tests.journeys.test_planted_secrets import Keeper
from tests.services import portal_door as portal
from tests.services.access_cases import REASON, last_password, mails
from tests.services.portal_door import WEB
from tests.services.world import World

NEW, RENEWED = "Xilófono 77 de Chepo", "Zarigüeya 88 de Boquete"
ANSWERS = {
    "primer-jefe": "Quetzalcóatl Wampum",
    "primera-mascota": "Brínquez Oblicuo",
    "calle-infancia": "Vereda Ñaque",
}
WRONG, MISPLACED = "zanahoria-oblicua-nunca", "Contraseña.En.El.Usuario1"


@pytest.fixture
def world(sqlite_store_url: str, secrets: Secrets, hasher: Hasher) -> Iterator[World]:
    made = World(sqlite_store_url, secrets, hasher)
    yield made
    made.close()


@pytest.fixture
def log() -> Iterator[list[str]]:
    kept: list[str] = []
    keeper, root = Keeper(kept), logging.getLogger()
    level = root.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    yield kept
    root.removeHandler(keeper)
    root.setLevel(level)


def slip(errors: list[BaseException], call: Callable[[], Any]) -> Any:
    """Something that must be refused; what the refusal says of itself is kept."""
    with pytest.raises(CoopError) as raised:
        call()
    errors.append(raised.value)
    return raised.value


def answer_to(text: str | None) -> Secret:
    from data.catalog.questions import load_questions

    return Secret(next(given for key, given in ANSWERS.items() if load_questions().by_id[key].text == text))


def test_no_secret_of_the_portal_is_anywhere(
    world: World, log: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    hunt, errors, told = Hunt(), [], []
    for what, secret in {"new": NEW, "renewed": RENEWED, "wrong": WRONG, "misplaced": MISPLACED, **ANSWERS}.items():
        hunt.add(what, secret)
    uow = world.uow
    agent, member = world.staff(), world.member()
    register(Register("50012", portal.BIRTH, portal.cedula()), WEB, uow)
    world.change("UPDATE access SET state = 'activado', activated_at = requested_at")
    world.lease(agent, member, 3)
    issue_credential(IssueCredential(member, REASON, uuid7()), agent, uow)
    temporary = last_password(world)
    hunt.add("temporary", temporary)
    slip(errors, lambda: portal.with_temporary(world, WRONG))
    operator = portal.with_temporary(world, temporary).operator
    slip(errors, lambda: fa.set_password(fa.SetPassword(Secret(WRONG), Secret(NEW), Secret(NEW)), operator, uow))
    slip(errors, lambda: fa.set_password(fa.SetPassword(Secret(temporary), Secret(NEW), Secret(WRONG)), operator, uow))
    commands: list[Any] = [fa.SetPassword(Secret(temporary), Secret(NEW), Secret(NEW))]
    fa.set_password(commands[0], operator, uow)
    portal.take(world, operator, "username")
    portal.take(world, operator, "image")
    commands.append(fa.SetQuestions(tuple(NewAnswer(key, Secret(given)) for key, given in ANSWERS.items())))
    fa.set_questions(commands[1], operator, uow)
    portal.take(world, operator, "services")
    sign_with_own_answers(world)
    door.begin(door.Begin(MISPLACED), WEB, uow)  # the usual accident
    step = door.begin(door.Begin(portal.USER), WEB, uow)
    hunt.add("ticket", step.ticket.reveal())
    false = door.answer(door.Answer(step.ticket, Secret(WRONG)), WEB, uow)
    slip(errors, lambda: door.give_password(door.GivePassword(false.ticket, Secret(NEW)), WEB, uow))
    step = door.begin(door.Begin(portal.USER), WEB, uow)
    picture = door.answer(door.Answer(step.ticket, answer_to(step.question_text)), WEB, uow)
    commands.append(door.GivePassword(picture.ticket, Secret(NEW), True))
    inside = door.give_password(commands[-1], WEB, uow)
    assert inside.device_token is not None
    hunt.add("device", inside.device_token.reveal())
    asked = proofs.proof_question(inside.operator, uow).text
    slip(errors, lambda: proofs.prove_answer(proofs.ProveAnswer(Secret(WRONG)), inside.operator, uow))
    proofs.prove_answer(proofs.ProveAnswer(answer_to(asked)), inside.operator, uow)
    pay_somebody(world, inside.operator, member, hunt)
    forgot = fp.forgot(fp.Forgot(portal.USER), WEB, uow)
    code = code_of(world, hunt, "recovery code")
    proven = fp.prove(fp.ProveForgotten(forgot.ticket, code, answer_to(forgot.question_text)), WEB, uow)
    fp.renew(fp.RenewPassword(proven.ticket, Secret(RENEWED), Secret(RENEWED)), WEB, uow)
    commands.append(ms.ChangeOwnPassword(Secret(RENEWED), Secret(NEW), Secret(NEW)))
    told += [repr(thing) for thing in (step, picture, inside, forgot, proven, uow, *commands)]
    database = Path(str(world.engine.url.database))
    assert hunt.in_database(database) == set()
    run_once(uow, Transports(MaildirMail(tmp_path_factory.mktemp("correo")), None))
    assert hunt.in_database(database) | hunt.in_files(database.parent) == set()
    assert hunt.in_texts(log, "log") | hunt.in_texts(told, "repr") == set()
    assert hunt.in_texts([f"{error!r} {error} {error.args} {vars(error)}" for error in errors], "error") == set()
    assert len(errors) == 5 and "ok" in str(world.events("portal.renewed"))


def sign_with_own_answers(world: World) -> None:
    """In with the new data, and the contract signed."""
    step = door.begin(door.Begin(portal.USER), WEB, world.uow)
    picture = door.answer(door.Answer(step.ticket, answer_to(step.question_text)), WEB, world.uow)
    inside = door.give_password(door.GivePassword(picture.ticket, Secret(NEW)), WEB, world.uow)
    portal.sign(world, inside.operator)


def pay_somebody(world: World, operator: Any, member: int, hunt: Hunt) -> None:
    """A code for a payment, typed wrong and right."""
    one, theirs = world.account(member, balance=100_00), world.account(world.member("50013"))
    command = SendPaymentCode(Op.TRANSFER_THIRD, member, one, theirs, 40_00, "email")
    send_payment_code(command, operator, world.uow)
    code = code_of(world, hunt, "payment code")
    check_payment_code(CheckPaymentCode(member, Secret("000000")), operator, world.uow)
    check_payment_code(CheckPaymentCode(member, code), operator, world.uow)


def code_of(world: World, hunt: Hunt, what: str) -> Secret:
    code = str(mails(world, "portal_code")[-1]["context"]["code"])
    hunt.add(what, code)
    return Secret(code)


def test_the_search_sees_a_planted_answer(world: World) -> None:
    hunt = Hunt({"answer": ANSWERS["primer-jefe"]})
    member = portal.configured(world)
    world.change("UPDATE access SET image_name = :name WHERE member_id = :id", name="quetzalcoatl wampum", id=member)
    assert hunt.in_database(Path(str(world.engine.url.database))) == {("answer", "table access")}
