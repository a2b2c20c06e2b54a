"""The access X-ray: which stage of the first access is stuck, since when, and the one thing that mends it
(C8).

A pure function of what the store knows: stages of S39–S74 in their fixed order, a diagnosis in Spanish, an
operation.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from services.moments import short_moment, span
from services.operations import Op
from services.outbox import LOCAL, state_line
from services.text_cleaning import clean

Status = Literal["done", "now", "todo", "failed"]
STAGES = (
    ("solicitado", "solicitado"),
    ("activado", "activado"),
    ("credencial", "credencial"),
    ("contrasena", "contraseña"),
    ("usuario", "usuario"),
    ("imagen", "imagen"),
    ("preguntas", "preguntas"),
    ("servicios", "servicios"),
    ("reingreso", "reingreso"),
    ("contrato", "contrato"),
)
ROUTE_LABELS = {"web": "web", "sucursal": "sucursal", "capitulo": "capítulo", "cis": "CIS", "kiosco": "kiosco"}
#: What the member does next at each stage; the number is the step of the guide.
NEXT_STEPS = {
    "contrasena": "Falta que cambie la contraseña temporal por la suya (paso 6).",
    "usuario": "Falta que defina su usuario (paso 7).",
    "imagen": "Falta que elija su imagen de seguridad (paso 8).",
    "preguntas": "Falta que elija sus tres preguntas de seguridad (paso 9).",
    "servicios": "Falta que pase la pantalla de servicios (paso 10).",
    "reingreso": "Falta que vuelva a ingresar con sus datos nuevos (paso 11).",
    "contrato": "Falta que lea y firme el contrato (paso 12).",
}


@dataclass(frozen=True, slots=True)
class MailFacts:
    """The message that carries a credential: a row of the outbox."""

    state: str
    attempts: int = 0
    settled_at: datetime | None = None
    error: str | None = None
    destination: str = ""

    @property
    def bounced(self) -> bool:
        """Whether the member's own mail server refused it: sending again to the same address won't help."""
        return self.state == "failed" and (self.error or "").startswith("smtp_5")


@dataclass(frozen=True, slots=True)
class CredentialFacts:
    """The latest temporary credential."""

    issued_at: datetime
    expires_at: datetime
    delivery: str = "mail"
    used_at: datetime | None = None
    ended_at: datetime | None = None
    mail: MailFacts | None = None


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """All that the diagnosis rests on. `state` None: the member never asked for access."""

    now: datetime
    state: str | None = None
    has_email: bool = True
    route: str = ""
    requested_at: datetime | None = None
    activated_at: datetime | None = None
    activated_by: str | None = None
    password_at: datetime | None = None
    username_at: datetime | None = None
    image_at: datetime | None = None
    questions_at: datetime | None = None
    services_at: datetime | None = None
    relogin_at: datetime | None = None
    contract_at: datetime | None = None
    failed_count: int = 0
    blocked_at: datetime | None = None
    blocked_reason: str | None = None
    suspended_at: datetime | None = None
    closed_at: datetime | None = None
    credential: CredentialFacts | None = None

    @property
    def credential_open(self) -> bool:
        """Whether the way in leads through a temporary credential that has not been used up."""
        if self.password_at is None or self.state == "credencial_emitida":
            return True
        issued = self.credential
        return issued is not None and issued.used_at is None and issued.issued_at > self.password_at


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: `at` when it was reached, `by` who did it (staff), `note` what there is to know."""

    id: str
    label: str
    status: Status
    at: datetime | None = None
    by: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Xray:
    """The stages, what is the matter, the operation that mends it (None.

    Nothing to mend) and the mail's line.
    """

    stages: tuple[Stage, ...]
    diagnosis: str
    fix: Op | None
    mail: str | None


def diagnose(facts: AccessFacts) -> Xray:
    """Where the access stands and what mends it."""
    stages = _stages(facts)
    current = _current(stages)
    status, diagnosis, fix = _verdict(facts, current)
    if current is not None:
        stages = tuple(replace(stage, status=status) if stage.id == current else stage for stage in stages)
    return Xray(stages, diagnosis, fix, _mail_line(facts))


def _stages(facts: AccessFacts) -> tuple[Stage, ...]:
    """Every stage as done or to be done; the first of the latter is where the access stands."""
    issued = facts.credential
    times: dict[str, datetime | None] = {
        "solicitado": facts.requested_at if facts.state is not None else None,
        "activado": facts.activated_at,
        "credencial": issued.issued_at if issued else None,
        "contrasena": facts.password_at,
        "usuario": facts.username_at,
        "imagen": facts.image_at,
        "preguntas": facts.questions_at,
        "servicios": facts.services_at,
        "reingreso": facts.relogin_at,
        "contrato": facts.contract_at,
    }
    done = {name: at is not None for name, at in times.items()}
    if facts.activated_at is not None and facts.credential_open:
        done["credencial"] = issued is not None and issued.used_at is not None
        done["contrasena"] = False
    else:
        done["credencial"] = done["credencial"] or facts.password_at is not None
    return tuple(
        Stage(
            id=name,
            label=label,
            status="done" if done[name] else "todo",
            at=times[name] if done[name] or name == "credencial" else None,
            by=facts.activated_by if name == "activado" else None,
            note=_note(facts, name),
        )
        for name, label in STAGES
    )


def _current(stages: tuple[Stage, ...]) -> str | None:
    return next((stage.id for stage in stages if stage.status != "done"), None)


def _note(facts: AccessFacts, name: str) -> str:
    if name == "solicitado" and facts.state is not None:
        return ROUTE_LABELS.get(facts.route, "")
    if name == "credencial" and facts.credential is not None:
        return _credential_note(facts.credential, facts.now)
    return ""


def _credential_note(issued: CredentialFacts, now: datetime) -> str:
    if issued.used_at is not None:
        return f"usada {short_moment(issued.used_at, now)}"
    if issued.ended_at is not None:
        return "anulada"
    if issued.expires_at <= now:
        return f"venció {short_moment(issued.expires_at, now)}"
    sent = state_line(issued.mail, now) if issued.mail else _by_hand(issued)
    return f"{sent} · vence en {span(issued.expires_at - now)}"


def _by_hand(issued: CredentialFacts) -> str:
    return "en mitades" if issued.delivery == "halves" else "en sobre sellado"


def _verdict(facts: AccessFacts, current: str | None) -> tuple[Status, str, Op | None]:
    """The status of the current stage, the diagnosis and its remedy.

    What bars the whole access comes first.
    """
    barred = _barred(facts)
    if barred is not None:
        return ("failed", *barred)
    if current == "solicitado":
        return "now", "No ha solicitado el acceso en línea.", Op.ACCESS_REQUEST
    if current == "activado":
        return _awaiting_activation(facts)
    if current == "credencial":
        return _credential_verdict(facts)
    if current == "contrasena":
        return _password_verdict(facts)
    if current is not None:
        return _wizard_verdict(facts, current)
    if facts.failed_count:
        text = f"El acceso funciona, con {_tries(facts)}: si no recuerda la contraseña, restablézcala."
        return "done", text, Op.PASSWORD_RESET
    return "done", "El acceso funciona. No falta nada.", None


def _barred(facts: AccessFacts) -> tuple[str, Op | None] | None:
    if facts.state == "cerrado":
        return f"El acceso está cerrado{_since(facts.closed_at, facts.now)}.", None
    if facts.state == "suspendido":
        text = f"El acceso está suspendido{_since(facts.suspended_at, facts.now)}."
        return text, Op.ACCESS_RESUME
    if facts.state == "bloqueado":
        why = clean(facts.blocked_reason or "", 60)
        text = f"El acceso está bloqueado{_since(facts.blocked_at, facts.now)}{f' por {why}' if why else ''}."
        return text, Op.ACCESS_UNLOCK
    return None


def _awaiting_activation(facts: AccessFacts) -> tuple[Status, str, Op | None]:
    if not facts.has_email:
        return "failed", "No tiene correo registrado: regístrelo antes de activar.", Op.CONTACT_CHANGE
    waited = span(facts.now - facts.requested_at) if facts.requested_at else ""
    route = ROUTE_LABELS.get(facts.route, "")
    text = f"Falta activar: solicitó hace {waited}{f' ({route})' if route else ''}."
    return "now", text, Op.ACCESS_ACTIVATE


def _credential_verdict(facts: AccessFacts) -> tuple[Status, str, Op | None]:
    issued = facts.credential
    if issued is None:
        if not facts.has_email:
            return "failed", "No tiene correo para enviar la contraseña temporal.", Op.CREDENTIAL_FALLBACK
        return "now", "Falta enviar la contraseña temporal.", Op.CREDENTIAL_ISSUE
    if issued.ended_at is not None:
        return "failed", "La contraseña temporal se anuló: envíe una nueva.", Op.CREDENTIAL_ISSUE
    if issued.mail is not None and issued.mail.bounced:
        line = state_line(issued.mail, facts.now)
        text = f"El correo {line}. Entregue la credencial en mano y actualice el correo."
        return "failed", text, Op.CREDENTIAL_FALLBACK
    if issued.expires_at <= facts.now or (issued.mail is not None and issued.mail.state == "expired"):
        when = short_moment(min(issued.expires_at, facts.now), facts.now)
        return "failed", f"La contraseña temporal venció {when}: envíe una nueva.", Op.CREDENTIAL_ISSUE
    return _credential_on_its_way(facts, issued)


def _credential_on_its_way(facts: AccessFacts, issued: CredentialFacts) -> tuple[Status, str, Op | None]:
    left = span(issued.expires_at - facts.now)
    mail = issued.mail
    if mail is not None and mail.state in ("failed", "void"):
        line = state_line(mail, facts.now)
        return "failed", f"El correo {line}. Envíe una contraseña temporal nueva.", Op.CREDENTIAL_ISSUE
    if facts.failed_count:
        text = f"No logra ingresar con la contraseña temporal ({_tries(facts)}): envíe una nueva."
        return "failed", text, Op.CREDENTIAL_ISSUE
    if mail is not None and mail.state in ("pending", "sending"):
        return "now", f"El correo con la contraseña temporal está por salir ({state_line(mail)}).", None
    if mail is None:
        return "now", f"Falta que ingrese con la contraseña entregada; vence en {left}.", None
    where = " Está en el buzón local de esta instalación." if mail.error == LOCAL else ""
    text = f"Falta que ingrese por primera vez; la contraseña temporal vence en {left}.{where}"
    return "now", f"{text} Si no le llegó, reenvíela.", Op.CREDENTIAL_ISSUE


def _password_verdict(facts: AccessFacts) -> tuple[Status, str, Op | None]:
    """The temporary password was used, and it is good once only."""
    step = NEXT_STEPS["contrasena"]
    if facts.failed_count:
        text = f"{step} No logra ingresar ({_tries(facts)}): envíe una temporal nueva."
        return "failed", text, Op.CREDENTIAL_ISSUE
    return "now", f"{step} Si cerró la pantalla, envíe una temporal nueva.", Op.CREDENTIAL_ISSUE


def _wizard_verdict(facts: AccessFacts, current: str) -> tuple[Status, str, Op | None]:
    step = NEXT_STEPS[current]
    if facts.failed_count and facts.state == "primer_acceso":
        text = f"{step} No logra ingresar ({_tries(facts)}): envíe una contraseña temporal nueva."
        return "failed", text, Op.CREDENTIAL_ISSUE
    if facts.failed_count:
        text = f"{step} No logra ingresar ({_tries(facts)}): si olvidó la contraseña, restablézcala."
        return "failed", text, Op.PASSWORD_RESET
    return "now", f"{step} Al ingresar con su contraseña continúa ahí.", None


def _mail_line(facts: AccessFacts) -> str | None:
    mail = facts.credential.mail if facts.credential else None
    if mail is None:
        return None
    return f"{mail.destination}: {state_line(mail, facts.now)}" if mail.destination else state_line(mail, facts.now)


def _since(at: datetime | None, now: datetime) -> str:
    return f" desde {short_moment(at, now)}" if at else ""


def _tries(facts: AccessFacts) -> str:
    return "1 intento fallido" if facts.failed_count == 1 else f"{facts.failed_count} intentos fallidos"
