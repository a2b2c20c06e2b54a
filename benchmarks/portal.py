"""(h) The portal's door: each step of somebody known beside the same step of nobody (req. 12, 35), at the real cost of
Argon2id. Who times the door must not learn who exists.

Both do what a stranger can make happen: wrong answers, wrong passwords, a wrong cédula, a code that goes to the contact
on record. Counters are set back between the calls, so that the known one is never blocked.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from benchmarks.rounds import Figure, paired
from benchmarks.stores import SECRETS, postgresql_store, sqlite_store, world_on
from data.secrets import Hasher, Secret
from services import forgotten_password as fp
from services import member_sign_in as door
from services.registration import Register, register
from services.text_cleaning import fold
from services.unit_of_work import UnitOfWork
from tests import postgresql
from tests.services import portal_door as portal
from tests.services.callers import ANSWERS
from tests.services.portal_door import WEB

WITHIN = 0.10
WITHOUT_END = 1_000_000


class Doors:
    """A store with one member who is known and users who are nobody's, and no throttle in the way."""

    def __init__(self, url: str) -> None:
        self.world = world_on(url)
        self.known, self.stranger = portal.USER, "Nadie.Aqui"
        portal.configured(self.world)
        portal.issued(self.world, "50013", "otra")
        uow = self.world.uow
        limits = replace(
            uow.policy.portal,
            door_per_origin=WITHOUT_END,
            door_per_user=WITHOUT_END,
            registrations_per_origin=WITHOUT_END,
            registrations_per_number=WITHOUT_END,
            challenge_from=WITHOUT_END,
            codes_per_window=WITHOUT_END,
        )
        policy = replace(uow.policy, portal=limits)
        self.uow = UnitOfWork(
            uow.engine, clock=uow.clock, policy=policy, secrets=SECRETS, hasher=Hasher(SECRETS.pepper)
        )
        # The member's own hashes at the real cost.
        hashed = self.uow.hasher.hash(portal.NEW_PASSWORD)
        self.world.change("UPDATE access SET password_hash = :hash WHERE password_hash IS NOT NULL", hash=hashed)
        for number, (_, text) in enumerate(ANSWERS.values(), start=1):
            answer = self.uow.hasher.hash(fold(text))
            self.world.change("UPDATE security_answer SET answer_hash = :h WHERE position = :n", h=answer, n=number)
        temporary = self.uow.hasher.hash("Xtemporal2345")
        self.world.change("UPDATE temporary_credential SET secret_hash = :hash", hash=temporary)
        while door.begin(door.Begin(self.stranger), WEB, self.uow).kind != "question":
            self.stranger += "x"

    def calm(self) -> None:
        """Nothing counts from the call before."""
        self.world.change("UPDATE access SET failed_count = 0")
        self.world.change("DELETE FROM answer_failure")
        self.world.change("DELETE FROM verification_block")
        self.world.change("DELETE FROM portal_try")

    def timed(self, prepare: Callable[[], Callable[[], object]]) -> float:
        """Milliseconds of one call of a step; what leads to it isn't timed. Known and unknown take turns call by call:
        what else the machine does then falls on both."""
        self.calm()
        call = prepare()
        start = time.perf_counter()
        with contextlib.suppress(door.DoorRefused):
            call()
        return (time.perf_counter() - start) * 1000

    def begin(self, user: str) -> Callable[[], Callable[[], object]]:
        return lambda: lambda: door.begin(door.Begin(user), WEB, self.uow)

    def answer(self, user: str) -> Callable[[], Callable[[], object]]:
        def prepare() -> Callable[[], object]:
            step = door.begin(door.Begin(user), WEB, self.uow)
            return lambda: door.answer(door.Answer(step.ticket, Secret("otra cosa")), WEB, self.uow)

        return prepare

    def password(self, user: str) -> Callable[[], Callable[[], object]]:
        def prepare() -> Callable[[], object]:
            step = door.begin(door.Begin(user), WEB, self.uow)
            picture = door.answer(door.Answer(step.ticket, Secret("otra cosa")), WEB, self.uow)
            return lambda: door.give_password(door.GivePassword(picture.ticket, Secret("no es")), WEB, self.uow)

        return prepare

    def temporary(self, number: str) -> Callable[[], Callable[[], object]]:
        def prepare() -> Callable[[], object]:
            step = door.begin(door.Begin(number), WEB, self.uow)
            given = door.GiveTemporary(step.ticket, Secret("no es"), "8-1-1", portal.BIRTH)
            return lambda: door.give_temporary(given, WEB, self.uow)

        return prepare

    def forgot(self, user: str) -> Callable[[], Callable[[], object]]:
        return lambda: lambda: fp.forgot(fp.Forgot(user), WEB, self.uow)

    def register(self, number: str, birth: date) -> Callable[[], Callable[[], object]]:
        form = Register(number, birth, portal.cedula())
        return lambda: lambda: register(form, WEB, self.uow)

    def figures(self, store: str, rounds: int) -> list[Figure]:
        """Known beside unknown, step by step."""
        pairs = {
            "usuario": (self.begin(self.known), self.begin(self.stranger)),
            "respuesta": (self.answer(self.known), self.answer(self.stranger)),
            "contraseña": (self.password(self.known), self.password(self.stranger)),
            "temporal": (self.temporary("50013"), self.temporary("59999")),
            "olvidó": (self.forgot(self.known), self.forgot(self.stranger)),
            "registro": (self.register("50012", portal.BIRTH), self.register("59999", portal.BIRTH)),
        }
        return [
            paired(
                f"portal, {step}, {store}",
                "ms",
                lambda known=known: self.timed(known),
                lambda unknown=unknown: self.timed(unknown),
                base_name="nadie",
                # Without a slow hash a call is a few milliseconds, much of it the disk's.
                rounds=rounds * 5 if step == "usuario" else rounds,
                either_first=True,
                at_most=1 + WITHIN,
                at_least=1 - WITHIN,
            )
            for step, (known, unknown) in pairs.items()
        ]


def measure(folder: Path, *, rounds: int = 41) -> list[Figure]:
    """The figures of both engines."""
    figures = Doors(sqlite_store(folder, "portal.db")).figures("SQLite", rounds)
    with contextlib.suppress(postgresql.NoServer), postgresql_store() as (url,):
        figures += Doors(url).figures("PostgreSQL", rounds)
    return figures
