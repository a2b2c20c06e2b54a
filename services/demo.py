"""The demo cooperative: built in one transaction, the same on every machine, moments counted from when it is made.

Balances come from operations, names are indexed, passwords and answers are hashed with salts of their own at the
store's real cost; only passwords that nobody shall know are drawn as hashes.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import col

from data.demo_figures import MemberFigure, StaffFigure, demo_password, load_members, load_staff, portal_password
from data.demo_figures.members import SEED
from data.name_index import index_names
from data.secrets import Hasher, Secret
from data.tables import (
    Access,
    Consent,
    Member,
    Outbox,
    RememberedDevice,
    SecurityAnswer,
    Staff,
    StaffRelative,
    StoreMeta,
    TemporaryCredential,
)
from data.values.dates import panama_date
from services.demo_access import (
    CAST_PASSWORD,
    Stand,
    access_row,
    answer_rows,
    consent_rows,
    credential_rows,
    device_rows,
    unknown_hashes,
)
from services.demo_cash import add_cash
from services.demo_contracts import add_contracts
from services.demo_desk import add_desk
from services.demo_money import add_accounts
from services.demo_sheet import DemoMember, DemoSheet, DemoStaff, demo_sheet, has_second_factor
from services.errors import CoopError
from services.operator import system_operator
from services.second_factor import seal_secret
from services.statement_mails import due_statements, keep_due
from services.text_cleaning import fold
from services.unit_of_work import Transaction, UnitOfWork

__all__ = ["DemoExists", "DemoMember", "DemoSheet", "DemoStaff", "build_demo", "demo_built", "demo_sheet"]
BUILT = "demo_built_at"
THREADS = 2
MEMBER_COLUMNS = (
    "number",
    "kind",
    "cedula",
    "given_names",
    "surnames",
    "birth_date",
    "email",
    "phone",
    "branch",
    "joined_on",
)


class DemoExists(CoopError):
    code = "demo_exists"
    default = "El almacén ya tiene personal; la demostración solo se crea en uno vacío."


def demo_built(uow: UnitOfWork) -> bool:
    """Whether this store holds the demo."""
    with uow.engine.connect() as connection:
        return connection.execute(select(col(StoreMeta.key)).where(col(StoreMeta.key) == BUILT)).first() is not None


def build_demo(uow: UnitOfWork, now: datetime | None = None) -> DemoSheet:
    """Fill an empty store and answer the sheet. `now` (the clock's, unless told) is what all ages are counted from.

    People whose roles ask for a second factor by the store's policy get one, with the secret on the sheet. Raises
    DemoExists if anybody works here already.
    """
    figures, people = load_members(), load_staff()
    hashes = _hash_all(uow.hasher, figures, people)  # slow: before the transaction, which holds the write lock
    with uow.begin_system(system_operator("demo.build")) as tx:
        if tx.connection.execute(select(col(Staff.id)).limit(1)).first() is not None:
            raise DemoExists
        tx.now = now or tx.now
        members = _add_members(tx, figures)
        staff = _add_staff(tx, people, members, hashes)
        _add_access(tx, figures, members, staff, hashes)
        add_contracts(tx, members, figures)
        accounts, movements = add_accounts(tx, members, figures)
        add_desk(tx, members, figures, staff)
        for due in due_statements(tx.connection, tx.policy.statements, panama_date(tx.now)):
            keep_due(tx, due, None)  # what is over was sent: the demo begins with an empty mailbox
        add_cash(tx, members, figures, people, staff)
        tx.connection.execute(insert(StoreMeta).values(key=BUILT, value=tx.now.isoformat()))
        tx.record(detail={"members": len(members), "staff": len(staff), "accounts": accounts, "movements": movements})
        tx.commit()
    return demo_sheet(uow.policy.session)


def _hash_all(hasher: Hasher, figures: Sequence[MemberFigure], people: Sequence[StaffFigure]) -> dict[str, str]:
    """Every password and answer by whose it is: `staff:rsanjur`, `40020:primer-jefe`. Argon2 frees the GIL."""
    texts = {f"staff:{person.username}": demo_password() for person in people}
    texts |= {CAST_PASSWORD: portal_password()}
    texts |= {f"{figure.number}:{question}": fold(answer) for figure in figures for question, answer in figure.answers}
    with ThreadPoolExecutor(THREADS) as pool:
        return dict(zip(texts, pool.map(hasher.hash, texts.values()), strict=True))


def _add_members(tx: Transaction, figures: Sequence[MemberFigure]) -> dict[str, int]:
    tx.connection.execute(
        insert(Member), [{column: getattr(figure, column) for column in MEMBER_COLUMNS} for figure in figures]
    )
    numbers = [figure.number for figure in figures]
    found = tx.connection.execute(select(col(Member.number), col(Member.id)).where(col(Member.number).in_(numbers)))
    members = {number: key for number, key in found if key is not None}
    index_names(tx.connection, sorted(members.values()), fresh=True)
    return members


def _add_staff(
    tx: Transaction, people: Sequence[StaffFigure], members: Mapping[str, int], hashes: Mapping[str, str]
) -> dict[str, int]:
    rows = [
        {
            "username": person.username,
            "full_name": person.name,
            "roles": " ".join(sorted(person.roles)),
            "branch": person.branch,
            "password_hash": hashes[f"staff:{person.username}"],
            "enabled": person.enabled,
            "member_id": members[person.member] if person.member else None,
            "created_at": tx.now - timedelta(days=210),
        }
        for person in people
    ]
    tx.connection.execute(insert(Staff), rows)
    staff = {name: key for name, key in tx.connection.execute(select(col(Staff.username), col(Staff.id))) if key}
    for person in people:
        key = staff[person.username]
        if has_second_factor(person, tx.policy.session):
            sealed = seal_secret(tx.secrets, key, Secret(person.totp_secret))
            tx.connection.execute(update(Staff).where(col(Staff.id) == key).values(totp_sealed=sealed))
        if person.relative:
            row = {"staff_id": key, "member_id": members[person.relative]}
            tx.connection.execute(insert(StaffRelative), [row])
    return staff


def _add_access(
    tx: Transaction,
    figures: Sequence[MemberFigure],
    members: Mapping[str, int],
    staff: Mapping[str, int],
    hashes: Mapping[str, str],
) -> None:
    unknown = unknown_hashes(hashes["staff:mrodriguez"], SEED)
    rows: dict[type[Any], list[dict[str, Any]]] = {}
    for figure in figures:
        if figure.stage == "ninguno":
            continue
        valid_hours = tx.policy.credential.valid_hours
        stand = Stand(members[figure.number], tx.now, staff["mrodriguez"], valid_hours, hashes, unknown)
        access = access_row(figure, stand)
        rows.setdefault(Access, []).extend([access] if access else [])
        rows.setdefault(SecurityAnswer, []).extend(answer_rows(figure, stand))
        rows.setdefault(Consent, []).extend(consent_rows(figure, stand))
        rows.setdefault(RememberedDevice, []).extend(device_rows(figure, stand, tx.policy.member_access.device_days))
        for credential, outbox in credential_rows(figure, stand):
            sent = tx.connection.execute(insert(Outbox).values(outbox).returning(col(Outbox.id))).scalar_one()
            rows.setdefault(TemporaryCredential, []).append(credential | {"outbox_id": sent})
    for table, values in rows.items():
        tx.connection.execute(insert(table), values)
