"""«Perfil» and «Seguridad» as a member sees them: who they are to us, how they come in, when they last did (S78)."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from data.tables import AuditEvent, RememberedDevice
from services.access_states import lock_access, lock_member
from services.consents import ServiceChoice, choices
from services.masking import full_name, masked_cedula, masked_email, masked_phone
from services.operations import Op
from services.operator import Operator
from services.security_questions import stored_questions
from services.text_cleaning import clean
from services.timeline_words import CHANNELS, RESULTS
from services.unit_of_work import Transaction, UnitOfWork

ACCESSES = 10


@dataclass(frozen=True, slots=True)
class Device:
    """One remembered device. Times in UTC."""

    device_id: int
    name: str
    added_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LastAccess:
    """One way in or one that failed: when (UTC), where, how it ended, in Spanish."""

    at: datetime
    channel: str
    place: str
    result: str


@dataclass(frozen=True, slots=True)
class MemberProfile:
    """Contacts and cédula masked; of the questions the texts, of the picture id and name, never an answer."""

    full_name: str
    number: str
    cedula: str
    email: str
    phone: str
    username: str
    image_id: str
    image_name: str
    questions: tuple[str, ...]
    services: tuple[ServiceChoice, ...]
    devices: tuple[Device, ...]
    accesses: tuple[LastAccess, ...]


def member_profile(operator: Operator, uow: UnitOfWork) -> MemberProfile:
    """All of it, in one event. Raises SessionEnded, SetupNeeded."""
    with uow.begin(operator, Op.PORTAL_VIEW, member_id=operator.member_id) as tx:
        member, access = lock_member(tx, operator.member_id), lock_access(tx, operator.member_id)
        profile = MemberProfile(
            full_name=full_name(member.given_names, member.surnames),
            number=member.number,
            cedula=masked_cedula(member.cedula),
            email=masked_email(member.email),
            phone=masked_phone(member.phone),
            username=access.username or member.number,
            image_id=access.image_id or "",
            image_name=clean(access.image_name or "", 30),
            questions=tuple(question.text for question in stored_questions(tx, operator.member_id)),
            services=choices(tx, operator.member_id),
            devices=_devices(tx, operator.member_id),
            accesses=_accesses(tx, operator.member_id),
        )
        tx.record(detail={"devices": len(profile.devices)})
        tx.commit()
    return profile


def _devices(tx: Transaction, member_id: int) -> tuple[Device, ...]:
    rows = tx.connection.execute(
        select(
            col(RememberedDevice.id),
            col(RememberedDevice.name),
            col(RememberedDevice.added_at),
            col(RememberedDevice.expires_at),
        )
        .where(
            col(RememberedDevice.member_id) == member_id,
            col(RememberedDevice.forgotten_at).is_(None),
            col(RememberedDevice.expires_at) > tx.now,
        )
        .order_by(col(RememberedDevice.added_at).desc(), col(RememberedDevice.id).desc())
    ).all()
    return tuple(Device(row.id, clean(row.name, 60), row.added_at, row.expires_at) for row in rows)


def _accesses(tx: Transaction, member_id: int) -> tuple[LastAccess, ...]:
    """From the trail, newest first: who else came in, or tried, shows here."""
    bodies = tx.connection.execute(
        select(col(AuditEvent.body))
        .where(col(AuditEvent.member_id) == member_id, col(AuditEvent.action) == "portal.sign_in")
        .order_by(col(AuditEvent.id).desc())
        .limit(ACCESSES)
    ).scalars()
    events = [json.loads(body) for body in bodies]
    return tuple(
        LastAccess(
            at=datetime.fromisoformat(event["at"]),
            channel=CHANNELS.get(event["channel"], ""),
            place=clean(event["terminal"], 60),
            result="entró" if event["result"] == "ok" else RESULTS.get(event["result"], "negado"),
        )
        for event in events
    )
