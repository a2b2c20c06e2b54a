"""Online access that was asked for in a period: how many came how far, and where the others are stuck (S39–S74, C8).

Each access is read by the same X-ray as on the member's record. It tells of stages and remedies and names nobody.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col

from data.tables import Member, Outbox, Staff, TemporaryCredential
from data.values.dates import panama_date, panama_midnight
from services.access_xray import ROUTE_LABELS, STAGES, AccessFacts, CredentialFacts, MailFacts, Xray, diagnose
from services.operations import Op
from services.report_document import Cell, Column, Series, Table, middle, summed
from services.report_periods import DAY
from services.report_reading import Built, Reading

FUNNEL, STUCK, ROUTES, AGENTS = "Hasta dónde llegaron", "Dónde están detenidos", "Por vía", "Activaciones por agente"
REMEDIES: dict[Op | None, str] = {
    Op.ACCESS_ACTIVATE: "Activar",
    Op.CREDENTIAL_ISSUE: "Enviar contraseña temporal",
    Op.CREDENTIAL_FALLBACK: "Entregar la credencial en mano",
    Op.CONTACT_CHANGE: "Registrar un correo",
    Op.ACCESS_RESUME: "Reanudar",
    Op.ACCESS_UNLOCK: "Desbloquear",
    Op.PASSWORD_RESET: "Restablecer la contraseña",
    None: "Esperar al asociado",
}
BATCH = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """One access: `reached` stages in order, the one where it stands (None: it works), since when, and the remedy."""

    row: Any
    reached: frozenset[str]
    stage: str | None
    since: datetime
    remedy: str
    failed: bool


def access_report(reading: Reading) -> Built:
    """The funnel and what stops people."""
    found: list[Standing] = []
    total = reading.connection.execute(_query(reading, func.count())).scalar_one()
    reading.step(0, max(1, total))
    for batch in reading.connection.execution_options(yield_per=BATCH).execute(_rows(reading)).partitions():
        found += [_standing(reading.now, row) for row in batch]
        reading.step(len(found), max(len(found), total))
    days = Counter(panama_date(one.row.requested_at) for one in found)
    return Built(
        (
            _funnel(reading.now, found),
            Series("Embudo", _reached(found)),
            _stuck(reading.now, found),
            Series("Solicitudes por día", tuple((f"{day.day:02d}", days[day]) for day in reading.period.days),
                   shape="columns"),
            _routes(found),
            _agents(found),
        ),
        (
            "Accesos que se solicitaron en el periodo, como están ahora. Los cerrados cuentan hasta donde llegaron.",
            "«Espera» es el tiempo desde la última etapa cumplida.",
        ),
    )  # fmt: skip


def _query(reading: Reading, *columns: Any) -> Select[Any]:
    access = SQLModel.metadata.tables["access"].c
    start, end = panama_midnight(reading.period.first), panama_midnight(reading.period.last + DAY)
    query = (
        select(*columns)
        .select_from(Member)
        .join(SQLModel.metadata.tables["access"], access.member_id == col(Member.id))
        .where(access.requested_at >= start, access.requested_at < end)
    )
    return query if reading.branch is None else query.where(col(Member.branch) == reading.branch)


def _rows(reading: Reading) -> Select[Any]:
    """Access, e-mail, who activated, the latest credential and its mail."""
    access = SQLModel.metadata.tables["access"].c
    issued, mail, activator = aliased(TemporaryCredential), aliased(Outbox), aliased(Staff)
    place = func.row_number().over(
        partition_by=col(TemporaryCredential.member_id),
        order_by=(col(TemporaryCredential.issued_at).desc(), col(TemporaryCredential.id).desc()),
    )
    ranked = select(col(TemporaryCredential.id).label("id"), place.label("place")).subquery()
    latest = select(ranked.c.id).where(ranked.c.place == 1)
    columns = (
        *access, col(Member.email), col(activator.username).label("activator"), col(issued.issued_at),
        col(issued.expires_at), col(issued.delivery), col(issued.used_at), col(issued.ended_at),
        col(mail.state).label("mail_state"), col(mail.attempts), col(mail.settled_at), col(mail.error),
    )  # fmt: skip
    return (
        _query(reading, *columns)
        .outerjoin(issued, (col(issued.member_id) == col(Member.id)) & col(issued.id).in_(latest))
        .outerjoin(mail, col(mail.id) == col(issued.outbox_id))
        .outerjoin(activator, col(activator.id) == access.activated_by)
        .order_by(access.member_id)
    )


def _standing(now: datetime, row: Any) -> Standing:
    seen = diagnose(_facts(now, row))
    reached = frozenset(stage.id for stage in seen.stages if stage.status == "done")
    stage = _stage(row, seen)
    times = [one.at for one in seen.stages if one.id in reached and one.at is not None]
    since = max(times, default=row.requested_at)
    failed = any(one.status == "failed" for one in seen.stages)
    return Standing(row, reached, stage, since, REMEDIES.get(seen.fix, REMEDIES[None]), failed)


def _stage(row: Any, seen: Xray) -> str | None:
    """Where it stands; what is closed, blocked or suspended stands there and nowhere else."""
    if row.state in ("cerrado", "bloqueado", "suspendido"):
        return str(row.state)
    return next((stage.label for stage in seen.stages if stage.status != "done"), None)


def _facts(now: datetime, row: Any) -> AccessFacts:
    mail = MailFacts(row.mail_state, row.attempts, row.settled_at, row.error) if row.mail_state else None
    issued = (
        CredentialFacts(row.issued_at, row.expires_at, row.delivery, row.used_at, row.ended_at, mail)
        if row.issued_at
        else None
    )
    return AccessFacts(
        now=now, state=row.state, has_email=bool(row.email), route=row.route, requested_at=row.requested_at,
        activated_at=row.activated_at, activated_by=row.activator, password_at=row.password_at,
        username_at=row.username_at, image_at=row.image_at, questions_at=row.questions_at,
        services_at=row.services_at, relogin_at=row.relogin_at, contract_at=row.contract_at,
        failed_count=row.failed_count, blocked_at=row.blocked_at, blocked_reason=row.blocked_reason,
        suspended_at=row.suspended_at, closed_at=row.closed_at, credential=issued,
    )  # fmt: skip


def _reached(found: list[Standing]) -> tuple[tuple[str, int], ...]:
    return tuple((label, sum(name in one.reached for one in found)) for name, label in STAGES)


def _funnel(now: datetime, found: list[Standing]) -> Table:
    columns = (
        Column("Etapa"), Column("Llegaron", "count"), Column("De cada 100", "count"), Column("Detenidos", "count"),
        Column("Espera mediana", "span"), Column("Espera mayor", "span"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for label, many in _reached(found):
        ages = [int((now - one.since).total_seconds()) for one in found if one.stage == label]
        share = many * 100 // len(found) if found else 0
        rows.append((label, many, share, len(ages), middle(ages), max(ages, default=None)))
    return Table(FUNNEL, columns, tuple(rows) if found else (), empty="Nadie solicitó acceso.")


def _stuck(now: datetime, found: list[Standing]) -> Table:
    columns = (
        Column("Etapa"), Column("Falla", "text"), Column("Remedio"), Column("Personas", "count"),
        Column("Espera mayor", "span"),
    )  # fmt: skip
    groups: dict[tuple[str, str, str], list[int]] = {}
    for one in found:
        if one.stage is not None:
            place = one.stage, "sí" if one.failed else "no", one.remedy
            groups.setdefault(place, []).append(int((now - one.since).total_seconds()))
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    rows = tuple((*place, len(ages), max(ages)) for place, ages in ordered)
    return Table(STUCK, columns, rows, empty="Nadie.")


def _routes(found: list[Standing]) -> Table:
    columns = (
        Column("Vía"), Column("Solicitaron", "count"), Column("Activados", "count"), Column("Terminaron", "count"),
        Column("A la activación", "span"), Column("Al contrato", "span"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for route in sorted({one.row.route for one in found}):
        here = [one for one in found if one.row.route == route]
        activated = [one.row.activated_at - one.row.requested_at for one in here if one.row.activated_at]
        signed = [one.row.contract_at - one.row.requested_at for one in here if one.row.contract_at]
        medians = (middle([int(length.total_seconds()) for length in lengths]) for lengths in (activated, signed))
        finished = sum(one.stage is None for one in here)
        rows.append((ROUTE_LABELS.get(route, route), len(here), len(activated), finished, *medians))
    return Table(ROUTES, columns, tuple(rows), summed(columns, tuple(rows)) if rows else None, "Nadie solicitó acceso.")


def _agents(found: list[Standing]) -> Table:
    columns = Column("Agente"), Column("Activaciones", "count")
    many = Counter(one.row.activator or "el programa" for one in found if one.row.activated_at)
    rows = tuple(sorted(many.items(), key=lambda pair: (-pair[1], pair[0])))
    return Table(AGENTS, columns, rows, summed(columns, rows) if rows else None, "Nadie activó.")
