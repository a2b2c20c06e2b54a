"""The X-ray names the stage that is stuck and the one operation that mends it, whatever state it is in
(C8).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from services.access_xray import STAGES, AccessFacts, CredentialFacts, MailFacts, Xray, diagnose
from services.operations import Op

NOW = datetime(2026, 11, 23, 14, 43, tzinfo=UTC)
ORDER = [name for name, _ in STAGES]
TIMES = {
    "contrasena": "password_at",
    "usuario": "username_at",
    "imagen": "image_at",
    "preguntas": "questions_at",
    "servicios": "services_at",
    "reingreso": "relogin_at",
    "contrato": "contract_at",
}


def ago(**by: float) -> datetime:
    return NOW - timedelta(**by)


SENT = MailFacts("sent", 1, ago(minutes=2), None, "i•••@example.com")


def credential(**changes: object) -> CredentialFacts:
    base = CredentialFacts(issued_at=ago(minutes=3), expires_at=NOW + timedelta(hours=23, minutes=57), mail=SENT)
    return replace(base, **changes)  # type: ignore[arg-type]


def at_stage(stage: str) -> AccessFacts:
    """A member who reached everything before `stage` and waits in it."""
    place = ORDER.index(stage)
    if place == 0:
        return AccessFacts(now=NOW)
    facts = AccessFacts(now=NOW, state="solicitado", route="web", requested_at=ago(minutes=31))
    if place == 1:
        return facts
    facts = replace(facts, state="credencial_emitida", activated_at=ago(minutes=3), activated_by="mrodriguez")
    if place == 2:
        return replace(facts, credential=credential())
    facts = replace(facts, state="primer_acceso", credential=credential(used_at=ago(minutes=1)))
    passed = {field: ago(minutes=1) for name, field in TIMES.items() if ORDER.index(name) < place}
    return replace(facts, **passed)  # type: ignore[arg-type]


def statuses(found: Xray) -> dict[str, str]:
    return {stage.id: stage.status for stage in found.stages}


def complete() -> AccessFacts:
    return replace(at_stage("contrato"), state="activo", contract_at=ago(seconds=10))


@pytest.mark.parametrize("stage", ORDER)
def test_each_stage_stands_where_the_member_stands(stage: str) -> None:
    found = diagnose(at_stage(stage))
    place = ORDER.index(stage)
    assert [statuses(found)[name] for name in ORDER] == ["done"] * place + ["now"] + ["todo"] * (9 - place)


@pytest.mark.parametrize(
    ("stage", "fix", "says"),
    [
        ("solicitado", Op.ACCESS_REQUEST, "No ha solicitado"),
        ("activado", Op.ACCESS_ACTIVATE, "solicitó hace 31 min (web)"),
        ("credencial", Op.CREDENTIAL_ISSUE, "vence en 23 h 57 min"),
        ("contrasena", Op.CREDENTIAL_ISSUE, "paso 6"),
        ("usuario", None, "paso 7"),
        ("imagen", None, "paso 8"),
        ("preguntas", None, "paso 9"),
        ("servicios", None, "paso 10"),
        ("reingreso", None, "paso 11"),
        ("contrato", None, "paso 12"),
    ],
)
def test_waiting(stage: str, fix: Op | None, says: str) -> None:
    found = diagnose(at_stage(stage))
    assert found.fix is fix and says in found.diagnosis


def test_all_done_needs_nothing() -> None:
    found = diagnose(complete())
    assert set(statuses(found).values()) == {"done"} and found.fix is None
    assert "funciona" in found.diagnosis


@pytest.mark.parametrize("stage", ORDER[2:])
def test_failed_tries_at_each_stage(stage: str) -> None:
    found = diagnose(replace(at_stage(stage), failed_count=3))
    assert statuses(found)[stage] == "failed" and "3 intentos fallidos" in found.diagnosis
    assert found.fix is Op.CREDENTIAL_ISSUE


@pytest.mark.parametrize("stage", ["preguntas", "reingreso", "contrato"])
def test_failed_tries_of_one_who_has_a_password(stage: str) -> None:
    facts = replace(at_stage(stage), state="contrato_firmado", failed_count=1)
    found = diagnose(facts)
    assert found.fix is Op.PASSWORD_RESET and "1 intento fallido" in found.diagnosis


def test_failed_tries_of_a_complete_access() -> None:
    found = diagnose(replace(complete(), failed_count=2))
    assert found.fix is Op.PASSWORD_RESET and set(statuses(found).values()) == {"done"}


MAILS = {
    "pending": (MailFacts("pending"), "now", None),
    "retrying": (MailFacts("pending", 2, None, "timeout"), "now", None),
    "sending": (MailFacts("sending", 1), "now", None),
    "sent": (SENT, "now", Op.CREDENTIAL_ISSUE),
    "local": (MailFacts("sent", 1, ago(minutes=1), "local"), "now", Op.CREDENTIAL_ISSUE),
    "bounced": (MailFacts("failed", 1, ago(minutes=1), "smtp_550"), "failed", Op.CREDENTIAL_FALLBACK),
    "full": (MailFacts("failed", 1, ago(minutes=1), "smtp_552"), "failed", Op.CREDENTIAL_FALLBACK),
    "gave up": (MailFacts("failed", 8, ago(minutes=1), "attempts"), "failed", Op.CREDENTIAL_ISSUE),
    "expired": (MailFacts("expired", 8, ago(minutes=1)), "failed", Op.CREDENTIAL_ISSUE),
    "void": (MailFacts("void", 0, ago(minutes=1)), "failed", Op.CREDENTIAL_ISSUE),
}


@pytest.mark.parametrize("name", MAILS)
def test_the_credential_s_mail(name: str) -> None:
    mail, status, fix = MAILS[name]
    found = diagnose(replace(at_stage("credencial"), credential=credential(mail=mail)))
    assert (statuses(found)["credencial"], found.fix) == (status, fix)
    assert found.mail is not None


def test_a_bounce_says_so() -> None:
    facts = replace(at_stage("credencial"), credential=credential(mail=MAILS["bounced"][0]))
    assert "rebotó: buzón no existe" in diagnose(facts).diagnosis


@pytest.mark.parametrize("name", MAILS)
def test_an_expired_credential_needs_a_new_one(name: str) -> None:
    late = credential(mail=MAILS[name][0], expires_at=ago(minutes=1))
    found = diagnose(replace(at_stage("credencial"), credential=late))
    assert statuses(found)["credencial"] == "failed"
    assert found.fix in (Op.CREDENTIAL_ISSUE, Op.CREDENTIAL_FALLBACK)
    assert "venció" in found.diagnosis or "rebotó" in found.diagnosis


def test_a_credential_that_was_ended_needs_a_new_one() -> None:
    found = diagnose(replace(at_stage("credencial"), credential=credential(ended_at=ago(minutes=1))))
    assert found.fix is Op.CREDENTIAL_ISSUE and "anuló" in found.diagnosis


@pytest.mark.parametrize("delivery", ["slip", "halves"])
def test_a_credential_by_hand_has_no_mail(delivery: str) -> None:
    found = diagnose(replace(at_stage("credencial"), credential=credential(delivery=delivery, mail=None)))
    assert found.mail is None and found.fix is None and "entregada" in found.diagnosis


@pytest.mark.parametrize(("has_email", "fix"), [(True, Op.CREDENTIAL_ISSUE), (False, Op.CREDENTIAL_FALLBACK)])
def test_activated_without_a_credential(has_email: bool, fix: Op) -> None:
    facts = replace(at_stage("credencial"), state="activado", credential=None, has_email=has_email)
    assert diagnose(facts).fix is fix


def test_no_mail_address_stops_the_activation() -> None:
    found = diagnose(replace(at_stage("activado"), has_email=False))
    assert found.fix is Op.CONTACT_CHANGE and statuses(found)["activado"] == "failed"


BARRED = {
    "bloqueado": ({"blocked_at": ago(minutes=5), "blocked_reason": "intentos fallidos"}, Op.ACCESS_UNLOCK),
    "suspendido": ({"suspended_at": ago(minutes=5)}, Op.ACCESS_RESUME),
    "cerrado": ({"closed_at": ago(minutes=5)}, None),
}


@pytest.mark.parametrize(("state", "stage"), list(product(BARRED, ORDER[1:])))
def test_what_bars_the_access_comes_first(state: str, stage: str) -> None:
    times, fix = BARRED[state]
    found = diagnose(replace(at_stage(stage), state=state, **times))
    assert found.fix is fix and "desde 09:38" in found.diagnosis
    assert statuses(found)[stage] == "failed"
    assert [statuses(found)[name] for name in ORDER[: ORDER.index(stage)]] == ["done"] * ORDER.index(stage)


def test_a_block_says_why_without_terminal_codes() -> None:
    facts = replace(complete(), state="bloqueado", blocked_at=ago(days=1), blocked_reason="x\x1b[2Jy")
    assert "\x1b" not in diagnose(facts).diagnosis and "por x·[2Jy" in diagnose(facts).diagnosis


def test_a_password_reset_leads_back_to_the_credential() -> None:
    facts = replace(complete(), state="credencial_emitida", password_at=None, credential=credential())
    found = diagnose(facts)
    assert (statuses(found)["credencial"], statuses(found)["contrasena"]) == ("now", "todo")
    assert statuses(found)["usuario"] == statuses(found)["contrato"] == "done"


@pytest.mark.parametrize(("stage", "field"), [("preguntas", "questions_at"), ("imagen", "image_at")])
def test_a_reset_stage_is_the_current_one_again(stage: str, field: str) -> None:
    found = diagnose(replace(complete(), **{field: None}))  # type: ignore[arg-type]
    assert statuses(found)[stage] == "now" and found.fix is None
    assert sum(status == "done" for status in statuses(found).values()) == 9


def test_stages_tell_when_and_who() -> None:
    stages = {stage.id: stage for stage in diagnose(at_stage("credencial")).stages}
    assert stages["solicitado"].note == "web" and stages["solicitado"].at == ago(minutes=31)
    assert stages["activado"].by == "mrodriguez"
    assert stages["credencial"].note == "enviado 09:41 · vence en 23 h 57 min"
    assert diagnose(at_stage("credencial")).mail == "i•••@example.com: enviado 09:41"
    assert stages["contrasena"].at is None


def test_every_combination_has_a_diagnosis() -> None:
    states = ["solicitado", "credencial_emitida", "primer_acceso", "activo", *BARRED]
    for stage, state, failed, (mail, _, _), hours in product(ORDER, states, (0, 3), MAILS.values(), (-1, 5)):
        facts = at_stage(stage)
        if facts.state is not None:
            facts = replace(facts, state=state, failed_count=failed)
        if facts.credential is not None:
            late = replace(facts.credential, mail=mail, expires_at=NOW + timedelta(hours=hours))
            facts = replace(facts, credential=late)
        found = diagnose(facts)
        assert found.diagnosis.endswith((".", ")")) and found.diagnosis[0].isupper()
        assert [stage.id for stage in found.stages] == ORDER
        assert sum(stage.status in ("now", "failed") for stage in found.stages) <= 1
