"""A cooperative on its first day: a store made as `coop-tui init` makes it, staff, and a mail server on loopback."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pyotp
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import text

from coop_tui.settings import Settings, load_settings
from coop_tui.wiring import init_store, open_store
from data.secrets import Secret
from data.values.uuid7 import uuid7
from services.approval_inbox import approval_detail
from services.approval_views import GetApproval
from services.imports import ImportFiles, import_files
from services.operator import Channel, Operator, Role, system_operator
from services.proposals import Agree, Propose, agree, propose
from services.staff_first import FirstAdministrator, SecondPerson, first_administrator, second_person
from services.staff_rights import AddPerson, Rights
from services.staff_secrets import (
    ChangePassword,
    ConfirmSecondFactor,
    begin_second_factor,
    change_password,
    confirm_second_factor,
)
from services.staff_sessions import SignIn, sign_in
from services.unit_of_work import UnitOfWork
from tests.services.smtp_server import Mailbox, smtp_server
from tests.services.world import FrozenClock

PATIENCE = 30
"""Seconds after which a wait is given up: what is waited for did not happen."""


class Moment(FrozenClock):
    """The journey's time: it stands still until it is moved, for the services and for the keyboard."""

    def monotonic(self) -> float:
        return self.moment.timestamp()


class Postbox(Mailbox):
    """The members' mail. Who waits for a mail waits for its arrival, not for a time."""

    def __init__(self) -> None:
        super().__init__()
        self._arrived = threading.Condition()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        with self._arrived:
            self._arrived.notify_all()
        return answer

    def mails(self, subject: str, to: str = "") -> list[EmailMessage]:
        """The mails whose subject holds `subject`, in the order of their arrival."""
        return [mail for mail in self.received if subject in mail["Subject"] and to in mail["To"]]

    async def arrival(self, subject: str, to: str = "", *, count: int = 1) -> EmailMessage:
        """The `count`-th mail with that subject, when it is there."""

        def wait() -> bool:
            with self._arrived:
                return self._arrived.wait_for(lambda: len(self.mails(subject, to)) >= count, PATIENCE)

        assert await asyncio.to_thread(wait), [mail["Subject"] for mail in self.received]
        return self.mails(subject, to)[count - 1]


@dataclass
class Person:
    """Somebody of staff and what only they know. `temporary` until they chose their own password."""

    username: str
    full_name: str
    password: str = field(repr=False)
    temporary: str | None = field(default=None, repr=False)
    totp: str | None = field(default=None, repr=False)
    used_steps: set[int] = field(default_factory=set, repr=False)

    def code(self, clock: Moment) -> str:
        """What their phone shows now. Each code is good once, so the clock must have moved between two."""
        assert self.totp is not None
        return pyotp.TOTP(self.totp).at(clock.now())


@dataclass
class House:
    """The store and everything around it."""

    settings: Settings
    uow: UnitOfWork
    clock: Moment
    post: Postbox
    people: dict[str, Person] = field(default_factory=dict)
    administrator: Operator | None = None
    deputy: Operator | None = None

    @property
    def folder(self) -> Path:
        return self.settings.data_dir

    def load(self, *paths: Path) -> None:
        """Import files as the console does."""
        import_files(ImportFiles(paths), system_operator("import.run"), self.uow)

    # People ------------------------------------------------------------------------------------------

    def open_office(self, username: str = "rsanjur") -> Person:
        """The first administrator and the person who approves what they propose, signed in with a second factor."""
        person = Person(username, "Rita Sanjur", "molino-ventana-cobre-ladera")
        secret = Secret(person.password)
        first_administrator(FirstAdministrator(username, person.full_name, "001", secret), self.uow)
        self.people[username], self.administrator = person, self._enrolled(person, secret)
        rights = Rights(frozenset({Role.ADMINISTRATOR}), "001")
        deputy = Person("dluna", "Delia Luna", "cascada-tinta-barro-nube")
        wanted = SecondPerson(AddPerson(deputy.username, deputy.full_name, rights), "Primer día de la oficina")
        temporary = second_person(wanted, self.administrator, self.uow).temporary_password
        self.deputy = self._enrolled(deputy, temporary)
        return person

    def _enrolled(self, person: Person, secret: Secret) -> Operator:
        operator = sign_in(SignIn(person.username, secret, None, "T-0"), self.uow).operator
        if secret.reveal() != person.password:
            change_password(ChangePassword(secret, Secret(person.password)), operator, self.uow)
        offer = begin_second_factor(operator, self.uow)
        person.totp = offer.secret.reveal()
        confirm_second_factor(ConfirmSecondFactor(offer.secret, Secret(person.code(self.clock))), operator, self.uow)
        return operator

    def hire(self, username: str, full_name: str, role: Role, branch: str, password: str) -> Person:
        """One more person, by both; they hold a temporary password and know the one they will choose."""
        assert self.administrator is not None and self.deputy is not None
        wanted = AddPerson(username, full_name, Rights(frozenset({role}), branch))
        asked = propose(Propose(wanted, "Ingreso de personal", uuid7()), self.administrator, self.uow)
        shown = approval_detail(GetApproval(asked.proposal_id), self.deputy, self.uow).hash
        second = agree(Agree(asked.proposal_id, shown), self.deputy, self.uow).secret
        assert asked.told is not None and second is not None
        person = Person(username, full_name, password, temporary=f"{asked.told.reveal()}-{second.reveal()}")
        self.people[username] = person
        return person

    # Looking -----------------------------------------------------------------------------------------

    def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """Rows by plain SQL."""
        with self.uow.engine.connect() as connection:
            return [dict(row) for row in connection.execute(text(sql), values).mappings()]

    def value(self, sql: str, **values: Any) -> Any:
        """One value by plain SQL."""
        with self.uow.engine.connect() as connection:
            return connection.execute(text(sql), values).scalar()

    def member(self, number: str) -> int:
        """A member's id."""
        return int(self.value("SELECT id FROM member WHERE number = :number", number=number))

    def state(self, number: str) -> str:
        """Where the member's access stands."""
        return str(self.value("SELECT state FROM access WHERE member_id = :id", id=self.member(number)))

    def balances(self, number: str) -> dict[str, int]:
        """The member's balances in centésimos by account number."""
        found = self.rows("SELECT number, balance FROM account WHERE member_id = :id", id=self.member(number))
        return {row["number"]: row["balance"] for row in found}

    def events(self, member: str | None = None, leave_out: Iterable[str] = ()) -> list[dict[str, Any]]:
        """The audit events in order, those about one member if named."""
        bodies = [json.loads(row["body"]) for row in self.rows("SELECT body FROM audit_event ORDER BY id")]
        about = self.member(member) if member else None
        skipped = set(leave_out)
        return [
            body for body in bodies if (about is None or body.get("member") == about) and body["action"] not in skipped
        ]


@contextmanager
def open_house(folder: Path, *, vault: Path | None = None) -> Iterator[House]:
    """Make the store under `folder` and open it by a clock of the journey's own."""
    post = Postbox()
    with smtp_server(post) as port:
        environ = {
            "COOP_SMTP_HOST": "127.0.0.1",
            "COOP_SMTP_PORT": str(port),
            "COOP_SMTP_TLS": "none",
            "COOP_TERMINAL": "CAJA-2",
        }
        init_store(load_settings(folder / "datos", environ=environ), vault_dir=vault or folder / "llaves")
        settings = load_settings(folder / "datos", environ=environ)
        clock = Moment()
        uow = open_store(settings, clock=clock)
        try:
            yield House(settings, uow, clock, post)
        finally:
            uow.engine.dispose()


def portal(branch: str = "web") -> Operator:
    """The members' portal, which will call the same services."""
    return Operator("system", "portal", frozenset(), branch, "web", Channel.WEB)


def second_accounts(folder: Path, accounts: Sequence[tuple[str, str]]) -> Path:
    """An import file with further savings accounts: (account, member)."""
    path = folder / "cuentas_nuevas.csv"
    lines = [f"{account},{member},AHORROS,27/01/1993" for account, member in accounts]
    path.write_text("\n".join(["cuenta,socio,producto,apertura", *lines, ""]), "utf-8")
    return path
