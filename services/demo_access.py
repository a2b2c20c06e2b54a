"""How far each demo member's first access got, as rows: access, credential, mail, questions, devices (S32–S74)."""

import base64
import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from data.catalog.messages import OFFICIAL_HOST
from data.catalog.questions import load_questions
from data.demo_figures import MemberFigure
from data.values.dates import panama_midnight
from services.masking import masked_email
from services.text_cleaning import fold

#: The steps of a first access, each with the minutes that pass before the next one.
LADDER = {
    "solicitado": 1500,
    "verificado": 2,
    "activado": 0,
    "credencial": 180,
    "ingreso": 3,
    "contrasena": 2,
    "usuario": 2,
    "imagen": 3,
    "preguntas": 2,
    "servicios": 4,
    "reingreso": 6,
    "contrato": 0,
    "activo": 0,
}
STATES = {
    "solicitado": "solicitado",
    "verificado": "verificado",
    "activado": "activado",
    "credencial": "credencial_emitida",
    "contrato": "contrato_firmado",
    "activo": "activo",
}
COLUMNS = {
    "verificado": "verified_at",
    "activado": "activated_at",
    "contrasena": "password_at",
    "usuario": "username_at",
    "imagen": "image_at",
    "preguntas": "questions_at",
    "servicios": "services_at",
    "reingreso": "relogin_at",
    "contrato": "contract_at",
}
IMAGES = ("girasol", "faro", "colibri", "volcan", "canoa", "tambor", "orquidea", "tortuga")
CONSENTS = ("publicidad", "estado_cuenta", "estado_tarjeta")  # S62
CONSENT_TEXT = "2026-11"
BLOCK_TRIES = 5
#: Under this name among the known hashes: the password of the members of the cast.
CAST_PASSWORD = "portal"  # noqa: S105  a name
#: Temporary rows are purged a day after they ran out (req. 53): the demo has none that are older.
CREDENTIALS_KEPT = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Stand:
    """What the rows are made for: the member's row id, the present, who activates, answers as hashes, known hashes."""

    member_id: int
    now: datetime
    agent: int
    valid_hours: int
    answers: Mapping[str, str]
    unknown: Callable[[], str]


def times_of(figure: MemberFigure, now: datetime) -> dict[str, datetime]:
    """When the member took each step up to where they stand."""
    steps = list(LADDER)
    reached = steps[: steps.index(figure.stage) + 1] if figure.stage in LADDER else []
    at = _last_step(figure, now)
    times: dict[str, datetime] = {}
    for place in range(len(reached) - 1, -1, -1):
        if place < len(reached) - 1:
            at -= timedelta(minutes=LADDER[reached[place]])
        times[reached[place]] = at
    return times


def _last_step(figure: MemberFigure, now: datetime) -> datetime:
    if isinstance(figure.contract_on, date):
        return panama_midnight(figure.contract_on) + timedelta(hours=10, minutes=14)
    return now - timedelta(minutes=figure.ago)


def access_row(figure: MemberFigure, stand: Stand) -> dict[str, Any] | None:
    """The row of `access`, or None for who never asked."""
    times = times_of(figure, stand.now)
    if not times:
        return None
    row: dict[str, Any] = dict.fromkeys(
        ("username", "username_folded", "password_hash", "image_id", "image_name", "activated_by", "last_visit_at")
    )
    row |= {
        "member_id": stand.member_id,
        "state": STATES.get(figure.stage, "primer_acceso"),
        "route": figure.route,
        "request_kind": figure.request,
        "requested_at": times["solicitado"],
        "failed_count": 0,
        **{column: times.get(step) for step, column in COLUMNS.items()},
    }
    if "activado" in times:
        row["activated_by"] = stand.agent
    if "contrasena" in times:
        row["password_hash"] = stand.answers[CAST_PASSWORD] if figure.story else stand.unknown()
    if "usuario" in times:
        row["username"] = username_of(figure)
        row["username_folded"] = row["username"].casefold()
    if "imagen" in times:
        row["image_id"], row["image_name"] = image_of(figure)
    if "activo" in times:
        visit = timedelta(minutes=int(figure.more.get("visit", 3000)))
        row["last_visit_at"] = figure.last_visit.astimezone(UTC) if figure.last_visit else stand.now - visit
    return row | _later(figure, stand, row)


def _later(figure: MemberFigure, stand: Stand, row: Mapping[str, Any]) -> dict[str, Any]:
    """What came over a working access: a block, a suspension, the end."""
    over = figure.more.get("over")
    extra: dict[str, Any] = dict.fromkeys(
        ("state_before_block", "blocked_at", "blocked_reason", "suspended_at", "closed_at")
    )
    if over is None:
        return extra
    since = stand.now - timedelta(minutes=int(figure.more["over_ago"]))
    extra["state"] = over
    if over == "bloqueado":
        extra |= {"state_before_block": row["state"], "blocked_at": since, "failed_count": BLOCK_TRIES}
        extra["blocked_reason"] = "intentos fallidos"
    elif over == "suspendido":
        extra |= {"state_before_block": row["state"], "suspended_at": since}
    else:
        extra |= {"closed_at": since, "password_hash": None, "image_id": None, "image_name": None}
    return extra


def username_of(figure: MemberFigure) -> str:
    """As a member would choose it (req. 32): `aurelia.espino20`."""
    if "username" in figure.more:
        return str(figure.more["username"])
    return f"{fold(figure.given_names).split()[0]}.{fold(figure.surnames).split()[0]}{figure.number[-2:]}"


def image_of(figure: MemberFigure) -> tuple[str, str]:
    """The image's id and the name that the member gave it (S54)."""
    if "image" in figure.more:
        image, name = figure.more["image"]
        return str(image), str(name)
    image = IMAGES[int(figure.number) % len(IMAGES)]
    return image, f"{image.capitalize()} de {figure.given_names.split()[0]}"


def credential_rows(figure: MemberFigure, stand: Stand) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(temporary_credential, outbox) of every issue that is still on record; the last one is the living one."""
    times = times_of(figure, stand.now)
    if "credencial" not in times or stand.now - times["credencial"] > CREDENTIALS_KEPT:
        return []
    count = int(figure.more.get("issues", 1))
    rows = []
    for place in range(count):
        issued = times["credencial"] - timedelta(minutes=70 * (count - 1 - place))
        replaced = issued + timedelta(minutes=70) if place < count - 1 else None
        rows.append(_credential(figure, stand, issued, times.get("ingreso"), replaced, place))
    return rows


def _credential(
    figure: MemberFigure, stand: Stand, issued: datetime, used: datetime | None, replaced: datetime | None, place: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    error = figure.more.get("mail")
    expires = issued + timedelta(hours=stand.valid_hours)
    credential = {
        "id": moment_uuid(issued, f"{figure.number}-{place}"),
        "member_id": stand.member_id,
        "secret_hash": stand.unknown(),
        "delivery": "mail",
        "issued_at": issued,
        "issued_by": stand.agent,
        "expires_at": expires,
        "used_at": used,
        "ended_at": replaced,
        "end_reason": "replaced" if replaced else None,
    }
    outbox = {
        "kind": "mail",
        "template": "temporary_credentials",
        "member_id": stand.member_id,
        "destination": masked_email(figure.email),
        "message_id": f"<demo-{figure.number}-{place}@{OFFICIAL_HOST}>",
        "state": "failed" if error else "sent",
        "attempts": 1,
        "created_at": issued,
        "next_at": issued,
        "expires_at": expires,
        "settled_at": issued + timedelta(minutes=1),
        "error": error,
    }
    return credential, outbox


def answer_rows(figure: MemberFigure, stand: Stand) -> list[dict[str, Any]]:
    """The rows of `security_answer`."""
    at = times_of(figure, stand.now).get("preguntas", stand.now)
    return [
        {
            "member_id": stand.member_id,
            "position": position,
            "question_id": question,
            "catalogue": load_questions().version.isoformat(),
            "answer_hash": stand.answers[f"{figure.number}:{question}"],
            "set_at": at,
        }
        for position, (question, _) in enumerate(figure.answers, start=1)
    ]


def consent_rows(figure: MemberFigure, stand: Stand) -> list[dict[str, Any]]:
    """Yes or no to each of the three services (S62)."""
    at = times_of(figure, stand.now).get("servicios")
    if at is None:
        return []
    common = {"member_id": stand.member_id, "text_version": CONSENT_TEXT, "at": at, "channel": "web"}
    return [
        common | {"service": service, "given": bool((int(figure.number) >> place) & 1)}
        for place, service in enumerate(CONSENTS)
    ]


def device_rows(figure: MemberFigure, stand: Stand, days: int) -> list[dict[str, Any]]:
    """Remembered devices (S68), valid for `days` days."""
    names: Sequence[str] = figure.more.get("devices", ())
    added = stand.now - timedelta(days=20)
    return [
        {
            "member_id": stand.member_id,
            "name": name,
            "token_hash": hashlib.sha256(f"demo {figure.number} {name}".encode()).hexdigest(),
            "added_at": added,
            "expires_at": added + timedelta(days=days),
        }
        for name in names
    ]


def unknown_hashes(sample: str, seed: int) -> Callable[[], str]:
    """Hashes in the form of `sample` of passwords that nobody knows: salt and digest are drawn, no work is done."""
    head = sample.rsplit("$", 2)[0]
    chance = random.Random(seed)  # noqa: S311  a digest that no password leads to

    def unknown() -> str:
        salt, digest = (base64.b64encode(chance.randbytes(size)).decode().rstrip("=") for size in (16, 32))
        return f"{head}${salt}${digest}"

    return unknown


def moment_uuid(at: datetime, name: str) -> str:
    """A UUIDv7 of a moment whose other bits come from a name, so that the demo is the same everywhere."""
    stamp = f"{int(at.timestamp()) * 1000:012x}"
    rest = hashlib.sha256(f"coop-tui demo {name}".encode()).hexdigest()
    variant = "89ab"[int(rest[3], 16) % 4]
    return f"{stamp[:8]}-{stamp[8:]}-7{rest[:3]}-{variant}{rest[4:7]}-{rest[7:19]}"
