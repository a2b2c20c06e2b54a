"""A small cooperative for one test: rows put in place directly, so that a test begins where its subject begins."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyotp
from sqlalchemy import insert, select, text

from data.engine import make_engine, writing
from data.secrets import Hasher, Secret, Secrets
from data.tables import (
    Access,
    Account,
    AuditEvent,
    Case,
    Lease,
    Member,
    Operation,
    Staff,
    StaffRelative,
    StaffSession,
    StoreMeta,
)
from data.values.uuid7 import uuid7
from services.audit_trail import canonical
from services.operator import Channel, Operator, Role
from services.policy import load_policy
from services.second_factor import seal_secret
from services.unit_of_work import UnitOfWork

START = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # 09:00 in Panama
PASSWORD = "caballo-correcto-bateria-grapa"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class FrozenClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.moment = now

    def now(self) -> datetime:
        return self.moment

    def advance(self, **by: float) -> None:
        """Move on, e.g. `advance(minutes=5)`."""
        self.moment += timedelta(**by)


class World:
    """A store with a clock, and short ways to people, accounts and events."""

    def __init__(self, url: str, secrets: Secrets, hasher: Hasher) -> None:
        self.url = url
        self.clock = FrozenClock()
        self.engine = make_engine(url)
        self.uow = UnitOfWork(self.engine, clock=self.clock, policy=load_policy(), secrets=secrets, hasher=hasher)
        self.hasher = hasher
        self._insert(StoreMeta, key="store_id", value="test-store")
        self._control: int | None = None

    @property
    def dialect(self) -> str:
        return self.engine.dialect.name

    def close(self) -> None:
        self.engine.dispose()

    # ------------------------------------------------------------ people

    def staff(
        self,
        username: str = "mrodriguez",
        roles: Iterable[Role] = (Role.CIS_AGENT,),
        *,
        branch: str = "001",
        channel: Channel = Channel.CIS,
        password: str = PASSWORD,
        sign_in: bool = True,
        **columns: Any,
    ) -> Operator:
        """A person of staff, signed in this moment (or only on record, with sign_in=False).

        Whose role asks for a second factor has one (`code` gives its code), unless `totp_sealed=None` is given.
        """
        roles = frozenset(roles)
        needs_code = {role.value for role in roles} & set(self.uow.policy.session.second_factor_roles)
        enrol = bool(needs_code) and "totp_sealed" not in columns
        staff_id = self._insert(
            Staff,
            username=username,
            full_name=columns.pop("full_name", username.title()),
            roles=" ".join(sorted(role.value for role in roles)),
            branch=branch,
            password_hash=self.hasher.hash(password),
            created_at=self.clock.now(),
            **columns,
        )
        if enrol:
            sealed = seal_secret(self.uow.secrets, staff_id, Secret(TOTP_SECRET))
            self.change("UPDATE staff SET totp_sealed = :sealed WHERE id = :id", sealed=sealed, id=staff_id)
        session_id = hashlib.sha256(f"{username}-session".encode()).hexdigest()
        if sign_in:
            now = self.clock.now()
            self._insert(
                StaffSession,
                id=session_id,
                staff_id=staff_id,
                terminal="T-1",
                channel=channel.value,
                branch=branch,
                started_at=now,
                last_seen_at=now,
                authenticated_at=now,
            )
        return Operator(
            f"staff:{staff_id}",
            username,
            frozenset(roles),
            branch,
            "T-1",
            channel,
            session_id,
            username.title(),
        )

    def code(self, steps: int = 0) -> Secret:
        """The second factor's code of this moment, or of `steps` times 30 s later. Each is good once a person."""
        return Secret(pyotp.TOTP(TOTP_SECRET).at(self.clock.now(), counter_offset=steps))

    def relative(self, operator: Operator, member_id: int) -> None:
        self._insert(StaffRelative, staff_id=operator.staff_id, member_id=member_id)

    def member(self, number: str = "50012", **columns: Any) -> int:
        """An asociada of branch 018 with e-mail and phone, unless told otherwise."""
        values = {
            "number": number,
            "kind": "asociado",
            "cedula": f"8-700-{int(number)}",
            "given_names": "Itzel",
            "surnames": "Pérez Muñoz",
            "birth_date": date(1986, 2, 14),
            "email": f"socio{number}@example.com",
            "phone": f"+5076{int(number) % 10_000_000:07d}",
            "branch": "018",
            "joined_on": date(2011, 5, 2),
        } | columns
        return self._insert(Member, **values)

    def access(self, member_id: int, state: str = "solicitado", **columns: Any) -> None:
        """The member's access row in a state; times that belong to the state are the test's to give."""
        values = {"route": "web", "request_kind": "activacion", "requested_at": self.clock.now()} | columns
        self._insert(Access, member_id=member_id, state=state, **values)

    def case(self, operator: Operator, member_id: int, **columns: Any) -> str:
        """An open case of the operator's session with the member."""
        case_id = uuid7()
        self._insert(
            Case,
            id=case_id,
            member_id=member_id,
            staff_id=operator.staff_id,
            session_id=operator.session_id,
            channel=operator.channel.value,
            branch=operator.branch,
            opened_at=self.clock.now(),
            **columns,
        )
        return case_id

    def lease(
        self,
        operator: Operator,
        member_id: int,
        level: int = 3,
        factors: Iterable[str] = (),
        case_id: str | None = None,
    ) -> str:
        """The caller stands verified at `level` for 15 minutes; answers the case."""
        case_id = case_id or self.case(operator, member_id)
        self._insert(
            Lease,
            case_id=case_id,
            member_id=member_id,
            staff_id=operator.staff_id,
            session_id=operator.session_id,
            level=level,
            factors=" ".join(factors),
            granted_at=self.clock.now(),
            expires_at=self.clock.now() + timedelta(minutes=15),
        )
        return case_id

    # ------------------------------------------------------------ money

    def account(self, member_id: int | None, *, product: str = "06", balance: int = 0, **columns: Any) -> int:
        """An affiliated account with an opening balance in centésimos (posted, not written into the row)."""
        count = self.scalar("SELECT count(*) FROM account")
        values = {
            "number": f"{product}-018-{50000 + (member_id or 0)}-{count + 1}",
            "product": product,
            "label": "AHORROS" if product == "06" else f"PRODUCTO {product}",
            "branch": "018",
            "opened_on": date(2020, 1, 15),
            "affiliated_at": self.clock.now(),
        } | columns
        account_id = self._insert(Account, member_id=member_id, **values)
        if balance:
            self.fund(account_id, balance)
        return account_id

    def fund(self, account_id: int, amount: int, on: date = date(2020, 1, 15)) -> str:
        """Post `amount` centésimos into the account from the cooperative's untracked control account."""
        if self._control is None:
            self._control = self._insert(
                Account,
                number="CTL-APERTURA",
                product="control",
                label="APERTURA",
                branch="000",
                tracked=False,
            )
        debit, credit = (self._control, account_id) if amount > 0 else (account_id, self._control)
        operation_id = uuid7()
        legs = [{"debit": debit, "credit": credit, "amount": abs(amount)}]
        self._insert(
            Operation,
            id=operation_id,
            request_hash=hashlib.sha256(operation_id.encode()).digest(),
            kind="opening",
            outcome="posted",
            actor="system",
            branch="000",
            terminal="local",
            channel="sistema",
            body=canonical({"legs": legs}),
            value_date=on,
            at=self.clock.now(),
        )
        return operation_id

    def balance(self, account_id: int) -> int:
        """The running balance in centésimos."""
        return int(self.scalar("SELECT balance FROM account WHERE id = :id", id=account_id))

    # ------------------------------------------------------------ looking

    def events(self, action: str | None = None) -> list[dict[str, Any]]:
        """The bodies of the audit events, in order; those of one action if named."""
        with self.engine.connect() as connection:
            bodies = connection.execute(select(AuditEvent.body).order_by(AuditEvent.id)).scalars().all()  # type: ignore[arg-type, call-overload]
        found = [json.loads(body) for body in bodies]
        return [event for event in found if action is None or event["action"] == action]

    def scalar(self, sql: str, **parameters: Any) -> Any:
        """One value by plain SQL."""
        with self.engine.connect() as connection:
            return connection.execute(text(sql), parameters).scalar()

    def rows(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        """Rows by plain SQL."""
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(text(sql), parameters).mappings()]

    def change(self, sql: str, **parameters: Any) -> None:
        """Change rows behind the program's back."""
        with writing(self.engine).begin() as connection:
            connection.execute(text(sql), parameters)

    def _insert(self, table: type[Any], **values: Any) -> int:
        with writing(self.engine).begin() as connection:
            result = connection.execute(insert(table).values(**values))
            return int(result.inserted_primary_key[0]) if isinstance(result.inserted_primary_key[0], int) else 0
