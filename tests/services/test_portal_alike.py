"""Known and unknown people cost the same at the portal's door: the same statements in the same transactions, the same
slow hashes, none of them while the store is held (req. 12, 35).

Counted, not timed: a busy machine cannot make it pass. The clock's word is benchmarks/portal.py.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from data.driver_sql import DriverSql
from data.secrets import Secret
from services import forgotten_password as fp
from services import member_sign_in as door
from services.errors import SignInRefused
from services.registration import Register, register
from tests.services import portal_door as portal
from tests.services.portal_door import OTHER, WEB
from tests.services.test_portal_sign_in import unknown_user
from tests.services.world import World

Call = Callable[[], object]
HASHES = ("hash", "verify", "verify_dummy")


class Work:
    """What a call asks of the store and of the hasher: «select», «insert», «commit», «argon»…, in order."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self.held = False
        self.hasher = world.hasher
        engine, tuples = world.uow.engine, DriverSql.tuples

        def direct(own: DriverSql, connection: Any, values: Any) -> Any:
            self.note(own.text)
            return tuples(own, connection, values)

        monkeypatch.setattr(DriverSql, "tuples", direct)
        monkeypatch.setattr(world.uow, "hasher", self)
        event.listen(engine, "before_cursor_execute", lambda _c, _cursor, text, *_: self.note(text))
        event.listen(engine, "begin", self.begin)
        event.listen(engine, "commit", lambda _c: self.end("commit"))
        event.listen(engine, "rollback", lambda _c: self.end("rollback"))

    def note(self, text: str) -> None:
        self.done.append(text.split(maxsplit=1)[0].lower())

    def begin(self, connection: Any) -> None:
        self.held = bool(connection.get_execution_options().get("write", False))

    def end(self, how: str) -> None:
        self.held = False
        self.note(how)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.hasher, name)

        def slow(*values: str) -> Any:
            self.done.append("argon while the store waits" if self.held else "argon")
            return method(*values)

        return slow if name in ("hash", "verify", "verify_dummy") else method

    def of(self, call: Call) -> Counter[str]:
        """The work of one call, whether or not it is refused."""
        self.done.clear()
        with contextlib.suppress(SignInRefused):
            call()
        return Counter(self.done)


def begin(world: World, user: str) -> Call:
    return lambda: door.begin(door.Begin(user), WEB, world.uow)


def answer(world: World, user: str) -> Call:
    step = door.begin(door.Begin(user), WEB, world.uow)
    return lambda: door.answer(door.Answer(step.ticket, Secret("otra cosa")), WEB, world.uow)


def password(world: World, user: str) -> Call:
    step = door.begin(door.Begin(user), WEB, world.uow)
    picture = door.answer(door.Answer(step.ticket, Secret("otra cosa")), WEB, world.uow)
    return lambda: door.give_password(door.GivePassword(picture.ticket, Secret("no es")), WEB, world.uow)


def report(world: World, user: str) -> Call:
    step = door.begin(door.Begin(user), WEB, world.uow)
    picture = door.answer(door.Answer(step.ticket, Secret("otra cosa")), WEB, world.uow)
    return lambda: door.not_my_image(door.NotMyImage(picture.ticket), WEB, world.uow)


def forgot(world: World, user: str) -> Call:
    return lambda: fp.forgot(fp.Forgot(user), WEB, world.uow)


def prove(world: World, user: str) -> Call:
    step = fp.forgot(fp.Forgot(user), WEB, world.uow)
    command = fp.ProveForgotten(step.ticket, Secret("000000"), Secret("otra cosa"))
    return lambda: fp.prove(command, WEB, world.uow)


def temporary(world: World, number: str) -> Call:
    step = door.begin(door.Begin(number), WEB, world.uow)
    command = door.GiveTemporary(step.ticket, Secret("no es"), "8-1-1", portal.BIRTH)
    return lambda: door.give_temporary(command, WEB, world.uow)


def form(world: World, number: str) -> Call:
    return lambda: register(Register(number, portal.BIRTH, portal.cedula(number)), OTHER, world.uow)


#: What each step may cost in slow hashes, whoever it is: none where nothing is compared, and never a varying number.
STEPS: dict[str, tuple[Callable[[World, str], Call], int]] = {
    "user": (begin, 0), "answer": (answer, 1), "password": (password, 1), "report": (report, 0),
    "forgot": (forgot, 1), "prove": (prove, 2),
}  # fmt: skip
NUMBERS: dict[str, tuple[Callable[[World, str], Call], int]] = {"temporary": (temporary, 1), "register": (form, 1)}


@pytest.mark.parametrize("step", STEPS)
def test_a_user_and_nobody_cost_the_same(world: World, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    portal.configured(world)
    stranger = unknown_user(world)
    work = Work(world, monkeypatch)
    prepare, hashes = STEPS[step]
    known, unknown = (work.of(prepare(world, user)) for user in (portal.USER, stranger))
    assert known == unknown
    assert known["argon"] == hashes and known["argon while the store waits"] == 0


@pytest.mark.parametrize("step", NUMBERS)
def test_a_number_and_a_number_of_nobodys_cost_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    portal.issued(world, "50012")
    world.member("50013", cedula=portal.cedula("50013"))
    work = Work(world, monkeypatch)
    prepare, hashes = NUMBERS[step]
    known, unknown = (work.of(prepare(world, user)) for user in ("50012" if step == "temporary" else "50013", "59999"))
    assert known == unknown
    assert known["argon"] == hashes and known["argon while the store waits"] == 0


@pytest.mark.parametrize("state", ["bloqueado", "suspendido"])
@pytest.mark.parametrize("step", ["user", "answer", "password", "forgot", "prove"])
def test_a_shut_access_costs_what_nobody_costs(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, state: str
) -> None:
    portal.configured(world)
    stranger = unknown_user(world)
    world.change("UPDATE access SET state_before_block = state, state = :state", state=state)
    work = Work(world, monkeypatch)
    known, unknown = (work.of(STEPS[step][0](world, user)) for user in (portal.USER, stranger))
    assert known == unknown


def test_a_shut_access_is_asked_the_same_question_by_both_ways(world: World) -> None:
    """Whoever blocks a user by guessing sees no difference to nobody's after it, either."""
    portal.configured(world)
    world.change("UPDATE access SET state_before_block = state, state = 'bloqueado'")
    for user in (portal.USER, unknown_user(world)):
        at_door = door.begin(door.Begin(user), WEB, world.uow).question_text
        assert fp.forgot(fp.Forgot(user), WEB, world.uow).question_text == at_door
