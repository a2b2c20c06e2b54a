"""Short ways to verify a caller in a test: answers on record, a case, the code that was sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import update
from sqlmodel import col

from data.engine import writing
from data.secrets import Secret, box
from data.tables import Member, StaffSession
from services import factors, payment_codes
from services import verification as v
from services.operations import Op
from services.operator import Channel, Operator, system_operator
from services.payment_entry import wanted_of
from services.payments import PreparePayment
from services.security_questions import NewAnswer, set_answers
from services.unit_of_work import UnitOfWork
from tests.services.world import World

ANSWERS = {1: ("primer-jefe", "Samudio"), 2: ("calle-infancia", "Calle Doce"), 3: ("deporte-secundaria", "Béisbol")}
WEAK = 3


def give_answers(world: World, member: int, answers: Sequence[tuple[str, str]] = tuple(ANSWERS.values())) -> None:
    with world.uow.begin_system(system_operator("prueba"), member_id=member) as tx:
        set_answers(tx, member, [NewAnswer(question, Secret(text)) for question, text in answers])
        tx.record("questions.set")
        tx.commit()


def caller(
    world: World, *, answers: bool = True, channel: Channel = Channel.CIS, **columns: Any
) -> tuple[Operator, int]:
    """An agent with an open case with a member, who has three questions unless told otherwise."""
    agent, member = world.staff(channel=channel), world.member(**columns)
    world.case(agent, member)
    if answers:
        give_answers(world, member)
    return agent, member


def say(world: World, agent: Operator, member: int, position: int, text: str | None = None) -> v.VerificationState:
    """Answer one question, rightly unless `text` is given."""
    said = ANSWERS[position][1] if text is None else text
    return v.answer(v.AnswerQuestion(member, position, Secret(said)), agent, world.uow)


def answer_all(world: World, agent: Operator, member: int) -> v.VerificationState:
    state = v.begin(v.BeginVerification(member), agent, world.uow)
    for question in state.questions:
        state = say(world, agent, member, question.position)
    return state


def sent_code(world: World) -> str:
    """The digits in the newest message that waits in the outbox."""
    return last_code(world)["code"]


def last_code(world: World) -> dict[str, str]:
    """What fills the newest message with a code: digits, operation, minutes."""
    row = world.rows("SELECT * FROM outbox WHERE template = 'one_time_code' ORDER BY id DESC")[0]
    payload = json.loads(box.open_(world.uow.secrets.data_key, bytes(row["sealed"]), row["message_id"]))
    return {name: str(value) for name, value in payload["context"].items()}


def send(world: World, agent: Operator, member: int, to: Any = "email", purpose: str = "access.unlock") -> str:
    v.send_code(v.SendCode(member, to, purpose), agent, world.uow)
    return sent_code(world)


def check(world: World, agent: Operator, member: int, code: str) -> v.VerificationState:
    return v.check_code(v.CheckCode(member, Secret(code)), agent, world.uow)


def reach_two(world: World, agent: Operator, member: int) -> v.VerificationState:
    answer_all(world, agent, member)
    return check(world, agent, member, send(world, agent, member))


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def wait(world: World, **by: float) -> None:
    """Time goes by while everybody at a desk keeps working: no session is idle or too old."""
    world.clock.advance(**by)
    now = world.clock.now()
    with writing(world.engine).begin() as connection:
        connection.execute(update(StaffSession).values(started_at=now, last_seen_at=now, authenticated_at=now))


def set_member(world: World, member: int, **columns: Any) -> None:
    with writing(world.engine).begin() as connection:
        connection.execute(update(Member).where(col(Member.id) == member).values(**columns))


def say_payment_code(uow: UnitOfWork, agent: Operator, case_id: str, asked: PreparePayment) -> None:
    """The member has said the code that was sent for this very payment."""
    detail = f"email:{payment_codes.purpose_of(wanted_of(asked))}"
    with uow.begin(agent, Op.CALLER_VERIFY, member_id=asked.member_id) as tx:
        factors.keep_step(tx, case_id, asked.member_id, payment_codes.KIND, detail, "passed")
        tx.record("payment.code", result="passed")
        tx.commit()
