"""The one way money moves: one INSERT into `operation`, from which the database derives the rest (req. 40, 41).

The operation's id is the idempotency key, minted by the client when the form opens. The same key with the same request
answers with the first outcome; with another request it is refused. A rejection for want of funds is written against
the key as well, so that a retry that comes late can't turn «rechazada» into «aplicada».
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import column, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from data.driver_sql import DriverSql
from data.types import Bytes, Day, Int, String, Utc
from data.values.dates import panama_date
from data.values.uuid7 import is_uuid7
from services.audit_trail import canonical
from services.authorisation import Standing
from services.errors import (
    AccountUnusable,
    AlreadyReversed,
    CoopError,
    InsufficientFunds,
    InvalidInput,
    KeyReused,
    NotPermitted,
)
from services.faults import fault
from services.operator import Operator
from services.unit_of_work import Transaction, UnitOfWork

DOMAIN = b"coop-tui request v1\0"
Outcome = Literal["posted", "held", "released"]

INSERT = DriverSql(
    "INSERT INTO operation (id, request_hash, kind, outcome, member_id, actor, branch, terminal, channel, case_id,"
    " body, reversal_of, settles_hold, external_ref, value_date, at) VALUES (:id, :request_hash, :kind, :outcome,"
    " :member_id, :actor, :branch, :terminal, :channel, :case_id, :body, :reversal_of, :settles_hold, :external_ref,"
    " :value_date, :at) ON CONFLICT (id) DO NOTHING RETURNING seq"
)
FIND = text(
    "SELECT seq, id, request_hash, kind, outcome, member_id, actor, branch, terminal, channel, case_id, body,"
    " reversal_of, value_date, at FROM operation WHERE id = :id"
).columns(
    column("seq", Int()), column("id", String()), column("request_hash", Bytes()), column("kind", String()),
    column("outcome", String()), column("member_id", Int()), column("actor", String()), column("branch", String()),
    column("terminal", String()), column("channel", String()), column("case_id", String()), column("body", String()),
    column("reversal_of", String()), column("value_date", Day()), column("at", Utc()),
)  # fmt: skip
#: An account that keeps no running balance has that of its last roll-up and the entries after it.
BALANCE = text(
    "SELECT CASE WHEN a.tracked THEN a.balance ELSE coalesce(r.balance, 0) + (SELECT coalesce(sum(e.amount), 0)"
    " FROM entry e WHERE e.account_id = a.id AND e.id > coalesce(r.upto_entry, 0)) END FROM account a"
    " LEFT JOIN rollup r ON r.account_id = a.id AND r.upto_entry ="
    " (SELECT max(upto_entry) FROM rollup WHERE account_id = a.id) WHERE a.id = :id"
)


class HoldEnded(CoopError):
    code = "hold_ended"
    default = "La retención ya fue aplicada o liberada."


@dataclass(frozen=True, slots=True)
class Leg:
    """`amount` centésimos, above zero, from the account `debit` to the account `credit` (row ids)."""

    debit: int
    credit: int
    amount: int

    def __post_init__(self) -> None:
        if self.amount <= 0 or self.debit == self.credit:
            raise ValueError("a leg moves an amount above zero between two accounts")


@dataclass(frozen=True, slots=True)
class HoldPlaced:
    """`amount` centésimos set aside on one account."""

    account: int
    amount: int


@dataclass(frozen=True, slots=True)
class Maker:
    """Who registered an operation that somebody else, or the program, executes now."""

    actor: str
    username: str
    branch: str
    terminal: str
    channel: str
    case_id: str | None

    @property
    def staff_id(self) -> int | None:
        """The id of the person of staff; None of anybody else."""
        kind, _, number = self.actor.partition(":")
        return int(number) if kind == "staff" else None


def maker_now(tx: Transaction) -> Maker:
    """The operator of the transaction as the maker of what they register."""
    operator = tx.operator
    return Maker(
        operator.actor,
        operator.username,
        operator.branch,
        operator.terminal,
        operator.channel.value,
        tx.case_id,
    )


@dataclass(frozen=True, slots=True)
class Posting:
    """What is to be done. `request` is what was asked for besides the legs and belongs to the request's identity;
    `shown` is what the person saw and what the receipt prints, and does not (canonical JSON values, no secrets).
    """

    key: str
    kind: str
    legs: tuple[Leg, ...] = ()
    request: Mapping[str, Any] = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)
    member_id: int | None = None
    outcome: Outcome = "posted"
    hold: HoldPlaced | None = None
    settles_hold: str | None = None
    reversal_of: str | None = None
    external_ref: str | None = None
    value_date: date | None = None  # the day in Panama unless told
    maker: Maker | None = None  # the operator of the transaction unless told

    def __post_init__(self) -> None:
        if not is_uuid7(self.key):
            raise InvalidInput("La clave de la operación no es válida. Abra un formulario nuevo.")
        complete = {"posted": bool(self.legs), "held": self.hold is not None, "released": self.settles_hold is not None}
        if not complete[self.outcome]:
            raise ValueError(f"a posting of outcome {self.outcome} lacks what it is about")

    def core(self) -> dict[str, Any]:
        """What makes two requests the same one."""
        links = {
            "settles_hold": self.settles_hold,
            "reversal_of": self.reversal_of,
            "external_ref": self.external_ref,
        }
        return {
            "kind": self.kind,
            "member": self.member_id,
            "outcome": self.outcome,
            "legs": [{"debit": leg.debit, "credit": leg.credit, "amount": leg.amount} for leg in self.legs],
            "hold": {"account": self.hold.account, "amount": self.hold.amount} if self.hold else None,
            "request": dict(self.request) | {name: value for name, value in links.items() if value is not None},
        }


@dataclass(frozen=True, slots=True)
class Posted:
    """An operation as it stands in the ledger. `existed`: the key was there before, this is its first outcome."""

    seq: int
    id: str
    request_hash: bytes
    kind: str
    outcome: str  # posted | rejected | held | released
    member_id: int | None
    actor: str
    branch: str
    terminal: str
    channel: str
    case_id: str | None
    body: str
    reversal_of: str | None
    value_date: date
    at: datetime
    existed: bool = field(default=False, kw_only=True)
    said: Mapping[str, Any] | None = field(default=None, kw_only=True, repr=False, compare=False)

    @property
    def content(self) -> Mapping[str, Any]:
        """The body as values: legs, request, shown. Of a row that was written this moment, what it was written from."""
        return self.said if self.said is not None else json.loads(self.body)

    @property
    def digest(self) -> str:
        """What ties the audit event to these very bytes (hex SHA-256)."""
        return evidence_digest(self.body)


#: The columns of an operation that `Posted` has between its number and `existed`, in its order.
STORED = tuple(Posted.__dataclass_fields__)[1:-2]


def request_hash(core: Mapping[str, Any]) -> bytes:
    """SHA-256 over the canonical request; `ledger_check` computes it again from the stored body."""
    return hashlib.sha256(DOMAIN + canonical(core).encode()).digest()


def evidence_digest(body: str) -> str:
    """Hex SHA-256 of an operation's body, as the audit event keeps it."""
    return hashlib.sha256(body.encode()).hexdigest()


def post(tx: Transaction, posting: Posting) -> Posted:
    """Put the operation into the ledger with one statement; everything else is the database's.

    A key that was used answers with its first outcome, which may be `rejected` (see `rejection`).
    Raises InsufficientFunds, AccountUnusable, AlreadyReversed, HoldEnded, KeyReused: the transaction is then lost.
    """
    row, said = _row(tx, posting, posting.outcome, {})
    try:
        seq = INSERT.scalar(tx.connection, row)
    except IntegrityError as error:
        raise _refusal(error) from error
    fault("after_operation_insert")
    return _stored(tx, row, said, seq)


def find(tx: Transaction, key: str) -> Posted | None:
    """The operation with this key, whatever became of it."""
    row = tx.connection.execute(FIND, {"id": key}).first()
    return Posted(*row, existed=True) if row is not None else None


def first_outcome(tx: Transaction, posting: Posting) -> Posted | None:
    """What the key was used for, if it was. Raises KeyReused if that was something else."""
    found = find(tx, posting.key)
    if found is not None and found.request_hash != request_hash(posting.core()):
        raise KeyReused
    return found


def reject(
    uow: UnitOfWork, operator: Operator, posting: Posting, error: CoopError, standing: Standing | None
) -> Posted:
    """Close the key with `rejected`, in a transaction of its own, and write the event. Answers the key's outcome:
    another one if somebody else was first with the same key."""
    with uow.begin_system(operator, member_id=posting.member_id) as tx:
        tx.standing = standing
        done = close_key(tx, posting, error)
        if not done.existed:
            tx.commit()
        return done


def close_key(tx: Transaction, posting: Posting, error: CoopError) -> Posted:
    """Write `rejected` against the key in `tx`, with its event, unless the key was used before. The caller commits."""
    row, said = _row(tx, posting, "rejected", {"rejected": error.code})
    done = _stored(tx, row, said, INSERT.scalar(tx.connection, row))
    if not done.existed:
        tx.record(posting.kind, result="rejected", about=posting.key, reason=error.code, detail=evidence(done))
    return done


def rejection(done: Posted) -> CoopError:
    """The refusal that was told when this key was rejected."""
    kinds = {kind.code: kind for kind in (InsufficientFunds, AccountUnusable)}
    kind = kinds.get(done.content.get("rejected", ""), CoopError)
    return kind(f"{kind.default} Esta solicitud ya quedó rechazada: abra un formulario nuevo.")


def evidence(done: Posted) -> dict[str, Any]:
    """What the audit event says of an operation: its number and the hash of its body."""
    return {"seq": done.seq, "body": done.digest}


def balance_of(tx: Transaction, account_id: int) -> int:
    """The balance in centésimos, also of an account that keeps none in its row. Raises LookupError if there is none."""
    balance = tx.connection.execute(BALANCE, {"id": account_id}).scalar()
    if balance is None:
        raise LookupError("no such account")
    return int(balance)


def _row(
    tx: Transaction, posting: Posting, outcome: str, extra: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters of INSERT and the body as values. A rejection links to nothing: the links stay in its body."""
    if tx.operator.is_member and tx.operator.member_id != posting.member_id:
        raise NotPermitted  # whatever led here: a member moves nothing of anybody else's
    core = posting.core()
    maker = posting.maker or maker_now(tx)
    rules = tx.policy.sha256[:12]
    agent = "en línea" if maker.actor.startswith("member:") else maker.username
    body = {"v": 1, "shown": dict(posting.shown), "rules": rules, "agent": agent} | core | extra
    linked = outcome != "rejected"
    row = {
        "id": posting.key,
        "request_hash": request_hash(core),
        "kind": posting.kind,
        "outcome": outcome,
        "member_id": posting.member_id,
        "actor": maker.actor,
        "branch": maker.branch,
        "terminal": maker.terminal,
        "channel": maker.channel,
        "case_id": maker.case_id,
        "body": canonical(body),
        "reversal_of": posting.reversal_of if linked else None,
        "settles_hold": posting.settles_hold if linked else None,
        "external_ref": posting.external_ref if linked else None,
        "value_date": posting.value_date or panama_date(tx.now),
        "at": tx.now,
    }
    return row, body


def _stored(tx: Transaction, row: dict[str, Any], said: dict[str, Any], seq: int | None) -> Posted:
    if seq is not None:
        return Posted(seq, *map(row.__getitem__, STORED), said=said)
    found = find(tx, row["id"])
    if found is None or found.request_hash != row["request_hash"]:
        raise KeyReused
    return found


def _refusal(error: IntegrityError) -> Exception:
    """The database's refusal as the error that a person can act on; a fault of ours is left as it is."""
    said = reason_of(error)
    if "no_overdraft" in said:
        return InsufficientFunds()
    if "account_not_open" in said:
        return AccountUnusable()
    if "reversal_of" in said:
        return AlreadyReversed()
    if "settles_hold" in said or "hold_release" in said:
        return HoldEnded()
    if "external_ref" in said:
        return KeyReused("Esa referencia ya fue aplicada. Revise los movimientos de la cuenta.")
    return error


def reason_of(error: DBAPIError) -> str:
    """The constraint that was broken or the word that a trigger raised, alike on both engines."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is None:
        return str(error.orig)
    return str(diagnosis.constraint_name or diagnosis.message_primary or "")
