"""Whom and what a member pays often, by number: kept from a receipt or by hand, ordered by use (S10–S31)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import column, text

from data.catalog.billers import load_billers
from data.driver_sql import DriverSql
from data.types import Int, String, Utc
from data.values.card_number import NOTE_MESSAGE, contains_card_number
from data.values.dates import panama_date
from services.bills import MODES, read_bill, stored_name
from services.errors import InvalidInput, NotFound
from services.favourite_targets import Target, account_target, unpayable
from services.masking import masked_name
from services.operations import Op
from services.operator import Operator
from services.payment_facts import account_name
from services.payment_kinds import KINDS
from services.posting import find
from services.text_cleaning import clean
from services.timeline_words import WORDS
from services.unit_of_work import Transaction, UnitOfWork

LABEL_LENGTH = 40
VIEW = "favourite.view"
LIST = text(
    "SELECT f.id, f.kind, f.label AS given_label, f.from_account, f.to_account, f.biller, f.reference, f.extra,"
    " f.last_amount, f.uses, f.last_used_at, a.number, a.product, a.label, a.card_last4, a.status,"
    " a.affiliated_at IS NOT NULL AS affiliated, m.given_names, m.surnames"
    " FROM favourite f LEFT JOIN account a ON a.id = f.to_account LEFT JOIN member m ON m.id = a.member_id"
    " WHERE f.member_id = :member_id AND f.removed_at IS NULL"
    " ORDER BY f.uses DESC, f.last_used_at IS NULL, f.last_used_at DESC, f.id"
).columns(
    column("id", Int()), column("kind", String()), column("given_label", String()), column("from_account", Int()),
    column("to_account", Int()), column("biller", String()), column("reference", String()), column("extra", String()),
    column("last_amount", Int()), column("uses", Int()), column("last_used_at", Utc()),
)  # fmt: skip
#: The index of living favourites makes the second insert of the same one the first one again, with its new label.
INSERT_ACCOUNT = DriverSql(
    "INSERT INTO favourite (member_id, kind, label, from_account, to_account, last_amount, uses, created_at)"
    " VALUES (:member_id, :kind, :label, :from_account, :to_account, :last_amount, 0, :now)"
    " ON CONFLICT (member_id, kind, to_account) WHERE removed_at IS NULL AND to_account IS NOT NULL"
    " DO UPDATE SET label = excluded.label RETURNING id"
)
INSERT_BILL = DriverSql(
    "INSERT INTO favourite (member_id, kind, label, from_account, biller, reference, extra, last_amount, uses,"
    " created_at) VALUES (:member_id, :kind, :label, :from_account, :biller, :reference, :extra, :last_amount, 0, :now)"
    " ON CONFLICT (member_id, kind, biller, reference) WHERE removed_at IS NULL AND biller IS NOT NULL"
    " DO UPDATE SET label = excluded.label, extra = excluded.extra RETURNING id"
)
OWN_SOURCE = DriverSql("SELECT 1 FROM account WHERE id = :id AND member_id = :member_id")
ORDER = DriverSql(
    "SELECT biller, reference, extra FROM biller_order WHERE id = :id AND member_id = :member_id AND state <> 'refused'"
)
RENAME = DriverSql(
    "UPDATE favourite SET label = :label WHERE id = :id AND member_id = :member_id AND removed_at IS NULL RETURNING id"
)
FORGET = DriverSql(
    "UPDATE favourite SET removed_at = :now WHERE id = :id AND member_id = :member_id AND removed_at IS NULL"
    " RETURNING id"
)


@dataclass(frozen=True, slots=True)
class ListFavourites:
    member_id: int


@dataclass(frozen=True, slots=True)
class FavouriteRow:
    """One favourite. `position` runs 1..n: what is typed to pay it. `target` is what is paid, accounts masked; `holder`
    whose it is, masked. Of an account `to_account` is set, of a bill `biller`, `reference` as the biller wants it and
    `reference_shown` as a receipt has it. `last_amount` in centésimos. `obstacle`: why it can't be paid today."""

    id: int
    position: int
    kind: Op
    label: str
    target: str
    holder: str
    from_account: int | None
    to_account: int | None
    biller: str | None
    reference: str | None
    reference_shown: str
    extra: str | None
    last_amount: int | None
    last_used_at: datetime | None
    uses: int
    obstacle: str

    @property
    def kind_title(self) -> str:
        """What the operation is called."""
        return WORDS[self.kind.value]


@dataclass(frozen=True, slots=True)
class KeepFavourite:
    """By hand: `to_account` (row id), or `biller` and `reference` with perhaps `extra`. An empty label gets a name."""

    member_id: int
    kind: Op
    label: str = ""
    from_account: int | None = None
    to_account: int | None = None
    biller: str | None = None
    reference: str | None = None
    extra: str | None = None


@dataclass(frozen=True, slots=True)
class KeepPaid:
    """From a receipt: what that operation paid."""

    member_id: int
    operation_id: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class RenameFavourite:
    member_id: int
    favourite_id: int
    label: str


@dataclass(frozen=True, slots=True)
class ForgetFavourite:
    member_id: int
    favourite_id: int


@dataclass(frozen=True, slots=True)
class FavouriteKept:
    """`text` says in Spanish what happened."""

    favourite_id: int
    label: str
    text: str


def favourites(command: ListFavourites, operator: Operator, uow: UnitOfWork) -> tuple[FavouriteRow, ...]:
    """The member's favourites, the most used first. Raises the errors of authorisation (N1)."""
    with uow.begin(operator, Op.FAVOURITE_MANAGE, member_id=command.member_id) as tx:
        found = tx.connection.execute(LIST, {"member_id": command.member_id}).all()
        rows = tuple(_row(tx, position, row) for position, row in enumerate(found, start=1))
        tx.record(VIEW, detail={"rows": len(rows)})
        tx.commit()
    return rows


def keep_favourite(command: KeepFavourite, operator: Operator, uow: UnitOfWork) -> FavouriteKept:
    """Keep what is paid often; the same once more only renames it. Pays nothing and asks nobody outside.

    Raises InvalidInput (kind, label, biller, reference), BillerUnavailable, NotFound for an account that this kind
    doesn't pay to (the answers are equal), AccountUnusable, and the errors of authorisation (N1).
    """
    with uow.begin(operator, Op.FAVOURITE_MANAGE, member_id=command.member_id) as tx:
        kept = _keep(tx, command, None)
        tx.commit()
    return kept


def keep_paid(command: KeepPaid, operator: Operator, uow: UnitOfWork) -> FavouriteKept:
    """Keep what a receipt paid. Raises NotFound for an operation that isn't the member's or paid nothing that can be
    kept, and what `keep_favourite` raises."""
    with uow.begin(operator, Op.FAVOURITE_MANAGE, member_id=command.member_id) as tx:
        keep, amount, source = _paid(tx, command)
        kept = _keep(tx, keep, amount, source)
        tx.commit()
    return kept


def rename_favourite(command: RenameFavourite, operator: Operator, uow: UnitOfWork) -> FavouriteKept:
    """Give it another name. Raises InvalidInput (label), NotFound, and the errors of authorisation."""
    with uow.begin(operator, Op.FAVOURITE_MANAGE, member_id=command.member_id) as tx:
        label = _label(command.label)
        if not label:
            raise InvalidInput("Escriba un nombre para el favorito.", field="label")
        values = {"id": command.favourite_id, "member_id": command.member_id, "label": label}
        _found(RENAME.scalar(tx.connection, values))
        tx.record(about=f"favourite:{command.favourite_id}", detail={"after": {"label": label}})
        tx.commit()
    return FavouriteKept(command.favourite_id, label, f"El favorito se llama ahora «{label}».")


def forget_favourite(command: ForgetFavourite, operator: Operator, uow: UnitOfWork) -> FavouriteKept:
    """Take it off the list; its row stays. Raises NotFound and the errors of authorisation."""
    with uow.begin(operator, Op.FAVOURITE_MANAGE, member_id=command.member_id) as tx:
        values = {"id": command.favourite_id, "member_id": command.member_id, "now": tx.now}
        _found(FORGET.scalar(tx.connection, values))
        tx.record(about=f"favourite:{command.favourite_id}", detail={"removed": True})
        tx.commit()
    return FavouriteKept(command.favourite_id, "", "Favorito quitado de la lista.")


def _paid(tx: Transaction, command: KeepPaid) -> tuple[KeepFavourite, int, int]:
    """What an operation paid, its amount in centésimos, and the account that it came from."""
    done = find(tx, command.operation_id)
    if done is not None and "settles_hold" in done.content.get("request", {}):  # the end of a payment to a biller
        done = find(tx, done.content["request"]["settles_hold"])
    if done is None or done.member_id != command.member_id or done.outcome not in ("posted", "held"):
        raise NotFound
    op = next((op for op in (*KINDS, *MODES) if op.value == done.kind), None)
    if op is None or (op in KINDS and KINDS[op].cash):
        raise NotFound("Esa operación no se guarda como favorito.")
    content = done.content
    if op in KINDS:
        asked = content["request"]["asked"]
        return KeepFavourite(command.member_id, op, command.label, None, asked["to"]), asked["amount"], asked["from"]
    order = ORDER.first(tx.connection, {"id": done.id, "member_id": command.member_id})
    if order is None:
        raise NotFound("El recaudador no aceptó ese pago: no se guarda como favorito.")
    keep = KeepFavourite(command.member_id, op, command.label, None, None, *order)
    return keep, content["hold"]["amount"], content["hold"]["account"]


def _keep(tx: Transaction, command: KeepFavourite, amount: int | None, paid_from: int | None = None) -> FavouriteKept:
    target = _target(tx, command)
    label = _label(command.label) or target.name
    source = _source(tx, command.member_id, command.from_account, paid_from)
    values = {
        "member_id": command.member_id,
        "kind": command.kind.value,
        "label": label,
        "from_account": source,
        "last_amount": amount,
        "now": tx.now,
    }
    if target.to_account is not None:
        kept = INSERT_ACCOUNT.scalar(tx.connection, values | {"to_account": target.to_account})
    else:
        bill = {"biller": target.biller, "reference": target.reference, "extra": target.extra}
        kept = INSERT_BILL.scalar(tx.connection, values | bill)
    tx.record(about=f"favourite:{kept}", detail={"kind": command.kind.value, "after": {"label": label}})
    return FavouriteKept(int(kept), label, f"«{label}» quedó en los favoritos.")


def _target(tx: Transaction, command: KeepFavourite) -> Target:
    if command.kind in MODES and command.biller is not None and command.to_account is None:
        today = panama_date(tx.now)
        bill = read_bill(command.kind, command.biller, command.reference or "", command.extra or "", today)
        return Target(bill.name, None, bill.biller.id, bill.reference, bill.extra)
    if command.kind in KINDS and command.to_account is not None and command.biller is None:
        return account_target(tx, KINDS[command.kind], command.member_id, command.to_account)
    raise InvalidInput("Eso no se guarda como favorito. Elija a quién o qué se paga.")


def _source(tx: Transaction, member_id: int, given: int | None, paid_from: int | None) -> int | None:
    """The account that it is usually paid from. Cash of a receipt names none. Raises NotFound for a given one that
    isn't the member's."""
    wanted = given if given is not None else paid_from
    if wanted is None:
        return None
    if OWN_SOURCE.first(tx.connection, {"id": wanted, "member_id": member_id}) is not None:
        return wanted
    if given is not None:
        raise NotFound
    return None


def _label(typed: str) -> str:
    label = clean(typed, LABEL_LENGTH)
    if contains_card_number(typed) or contains_card_number(label):
        raise InvalidInput(NOTE_MESSAGE, field="label")
    return label


def _found(row_id: int | None) -> None:
    if row_id is None:
        raise NotFound("Ese favorito ya no está en la lista.")


def _row(tx: Transaction, position: int, row: Any) -> FavouriteRow:
    biller = load_billers().get(row.biller) if row.biller is not None else None
    shown = ""
    if row.biller is None:
        target, holder = account_name(row), masked_name(row.given_names, row.surnames)
        obstacle = "" if row.status == "open" and row.affiliated else "Esa cuenta no recibe pagos por ahora."
    else:
        (target, shown), holder = stored_name(Op(row.kind), row.biller, row.reference or ""), ""
        obstacle = "" if biller and biller.payable_on(panama_date(tx.now)) else unpayable(biller)
    return FavouriteRow(
        id=row.id,
        position=position,
        kind=Op(row.kind),
        label=clean(row.given_label, LABEL_LENGTH),
        target=clean(target, 80),
        holder=holder,
        from_account=row.from_account,
        to_account=row.to_account,
        biller=row.biller,
        reference=row.reference,
        reference_shown=shown,
        extra=row.extra,
        last_amount=row.last_amount,
        last_used_at=row.last_used_at,
        uses=row.uses,
        obstacle=obstacle,
    )
