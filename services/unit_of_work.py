"""One transaction a use case: authorised when it begins, audited before it commits, rolled back unless committed.

with uow.begin(operator, Op.NOTE_ADD, member_id=7) as tx:
    tx.session.add(...)
    tx.record()
    tx.commit()
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from data.engine import Writers, is_outage
from data.secrets import Hasher, Secrets
from services import authorisation, member_authorisation
from services.audit_trail import INSERT_EVENT, event_body, seal_pending
from services.clock import Clock
from services.errors import AuditUnavailable, CoopError, StoreUnavailable
from services.faults import fault
from services.operations import Op
from services.operator import Operator
from services.policy import Policy, Rule
from services.policy_store import StoredPolicies


class Transaction:
    """What a use case works with. Nothing that it did stays unless `commit` was called, and commit wants an event."""

    def __init__(
        self,
        connection: Connection,
        uow: "UnitOfWork",
        operator: Operator,
        op: Op | None,
        member_id: int | None,
        policy: Policy,
        name: str,
    ) -> None:
        self.connection = connection
        self.uow = uow
        self.operator = operator
        self.op = op
        self.member_id = member_id
        self.now: datetime = uow.clock.now()
        self.policy, self.policy_name = policy, name
        self.secrets = uow.secrets
        self.standing: authorisation.Standing | None = None
        self.second_follows = False
        self.events = 0
        self.committed = False

    @cached_property
    def session(self) -> Session:
        """An ORM session on this transaction, made when first asked for."""
        return Session(bind=self.connection, expire_on_commit=False)

    @property
    def rule(self) -> Rule:
        """What the policy says of this operation."""
        if self.op is None:
            raise LookupError("the program's own work has no rule")
        return self.policy.operations[self.op]

    @property
    def case_id(self) -> str | None:
        """The open case of this operator with this member, if there is one."""
        return self.standing.case_id if self.standing else None

    def record(
        self,
        action: str | None = None,
        *,
        result: str = "ok",
        member: int | None = None,
        about: str | None = None,
        reason: str | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Write an event into this transaction. `action` is the operation's name unless another is given."""
        body = event_body(
            at=self.now,
            operator=self.operator,
            action=action or (self.op.value if self.op else self.operator.username),
            result=result,
            member=member if member is not None else self.member_id,
            case=self.case_id,
            about=about,
            reason=reason,
            detail=detail,
            policy=self.policy_name,
        )
        try:
            if "session" in self.__dict__:
                self.session.flush()
            INSERT_EVENT.run(self.connection, {"body": body})
        except DBAPIError as error:
            if is_outage(error):
                raise
            raise AuditUnavailable from error
        self.events += 1

    def commit(self) -> None:
        """Keep what was done. Raises AuditUnavailable if no event tells of it."""
        if not self.events:
            raise AuditUnavailable
        if "session" in self.__dict__:
            self.session.flush()
        if self.connection.dialect.name == "sqlite":
            seal_pending(self.connection)
        fault("before_commit")
        self.connection.commit()
        self.committed = True
        fault("after_commit")


class UnitOfWork:
    """The database, the time, the policy and the secrets, for every use case. Safe to share between threads."""

    def __init__(self, engine: Engine, *, clock: Clock, policy: Policy, secrets: Secrets, hasher: Hasher) -> None:
        self.engine = engine
        self._writers = Writers(engine)
        self.clock = clock
        self._policy = policy
        self.policies: StoredPolicies | None = None
        self.secrets = secrets
        self.hasher = hasher

    @property
    def policy(self) -> Policy:
        """The policy in force this moment: the store's, or the given one before the store has any."""
        return self._policy if self.policies is None else self.policies.at(self.clock.now()).policy

    @policy.setter
    def policy(self, policy: Policy) -> None:
        self._policy, self.policies = policy, None

    def _in_force(self) -> tuple[Policy, str]:
        """The policy and its name, asked of the database now and then. Raises StoreUnavailable."""
        if self.policies is None:
            return self._policy, self._policy.version
        try:
            version = self.policies.current(self.clock.now())
        except DBAPIError as error:
            if is_outage(error):
                raise StoreUnavailable from error
            raise
        return version.policy, version.name

    @contextmanager
    def begin(
        self,
        operator: Operator,
        op: Op,
        *,
        member_id: int | None = None,
        touch: bool = True,
        alone: bool = False,
        second_follows: bool = False,
    ) -> Iterator[Transaction]:
        """A transaction for `op`, authorised. A refusal, here or in the body, leaves its own event and is raised on.

        `touch=False` is for what the screen does by itself: it doesn't count as the person being there (req. 13).
        `alone=True` is for what adds up: no other such transaction of this member or operator runs beside it (req. 42).
        `second_follows=True` is for what only asks: a second person approves it before anything is done (req. 17).
        Raises the errors of authorisation, StoreUnavailable, and whatever CoopError the body raises.
        """
        try:
            with self._transaction(operator, op, member_id) as tx:
                gate = member_authorisation if operator.is_member else authorisation
                tx.standing = gate.standing(
                    tx.connection, operator, member_id, tx.now, tx.policy, touch=touch, alone=alone
                )
                tx.second_follows = second_follows and not operator.is_member
                if tx.second_follows:
                    authorisation.decide(
                        op,
                        tx.rule,
                        tx.standing,
                        member_id=member_id,
                        now=tx.now,
                        policy=tx.policy,
                        second_follows=True,
                    )
                else:
                    gate.decide(op, tx.rule, tx.standing, member_id=member_id, now=tx.now, policy=tx.policy)
                yield tx
        except StoreUnavailable:
            raise
        except CoopError as error:
            self.record_refusal(operator, op.value, error, member_id)
            raise

    @contextmanager
    def begin_system(self, operator: Operator, *, member_id: int | None = None) -> Iterator[Transaction]:
        """A transaction of the program itself: sign-in, worker, import. Needs no right; the operator names the task."""
        with self._transaction(operator, None, member_id) as tx:
            yield tx

    def record_refusal(self, operator: Operator, action: str, error: CoopError, member_id: int | None = None) -> None:
        """Write the event of a refusal in a transaction of its own (req. 48: denied calls are logged)."""
        with self._transaction(operator, None, member_id) as tx:
            tx.record(action, result="refused", reason=error.code)
            tx.commit()

    @contextmanager
    def _transaction(self, operator: Operator, op: Op | None, member_id: int | None) -> Iterator[Transaction]:
        policy, name = self._in_force()
        try:
            connection = self._writers.take()
            try:
                connection.begin()
                tx = Transaction(connection, self, operator, op, member_id, policy, name)
                try:
                    yield tx
                finally:
                    if "session" in tx.__dict__:
                        tx.session.close()
                    if not tx.committed:
                        connection.rollback()
            except BaseException:
                connection.close()
                raise
            self._writers.give(connection)
        except DBAPIError as error:
            if is_outage(error):
                raise StoreUnavailable from error
            raise
