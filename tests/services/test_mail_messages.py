"""What a member reads: Spanish, one site, no tracking, nothing of a value in a header (S40–S41, req. 29, C5)."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from data.catalog.messages import load_messages
from data.catalog.reader import CatalogError
from services.errors import InvalidInput
from services.mail_messages import MailIdentity, compose_mail, compose_sms
from tests.services.world import START

VALUES = {
    "username": "50012",
    "password": "Kx7mPq2wTn4z",
    "valid_until": "24/11/2026 09:00",
    "code": "042917",
    "operation": "desbloquear su acceso",
    "minutes": "10",
    "field": "correo",
    "new": "n•••@example.com",
    "effective": "26/11/2026 09:41",
    "number": "2026-00000012",
    "kind": "Pago de préstamo",
    "original": "2026-00000011",
    "amount": "B/.75.00",
    "biller": "Sonda (Metrobús y Metro)",
    "reference": "0033070524",
    "reason": "El recaudador no conoce ese número.",
    "label": "Cuota de la casa",
    "plan": "cada mes, desde el 30/11/2026",
    "due": "30/11/2026",
    "from_account": "06-018-•••12-1",
    "to_account": "06-018-•••13-2",
    "what": "su imagen de seguridad",
    "month": "noviembre de 2026",
    "cut_date": "15/11/2026",
    "at": "23/11/2026 09:00",
    "charged": "B/.11.00",
    "paid": "B/.10.00",
    "difference": "B/.1.00 a cargo de la cooperativa",
}


def mail(template: str, **changes: str) -> EmailMessage:
    composed = compose_mail(
        MailIdentity(),
        template=template,
        context=VALUES | changes,
        to="itzel@example.com",
        message_id="<0190@online.cooprofesionales.com.pa>",
        written_at=START,
    )
    read = message_from_bytes(composed.as_bytes(), policy=default)
    assert isinstance(read, EmailMessage)
    return read


def parts(read: EmailMessage) -> tuple[str, str]:
    text, html = read.get_body(("plain",)), read.get_body(("html",))
    assert text is not None and html is not None
    return str(text.get_content()), str(html.get_content())


def test_headers() -> None:
    read = mail("temporary_credentials")
    assert read["From"] == "Cooperativa en Línea <no-responder@online.cooprofesionales.com.pa>"
    assert (read["To"], read["Message-ID"]) == ("itzel@example.com", "<0190@online.cooprofesionales.com.pa>")
    assert read["Subject"] == "Sus credenciales temporales de Cooperativa en Línea"
    assert read["Date"].datetime == START and str(read["Date"]).endswith("-0500")
    assert read["Auto-Submitted"] == "auto-generated"


def test_temporary_credentials_say_everything_that_the_member_needs() -> None:
    text, html = parts(mail("temporary_credentials"))
    for part in (text, html):
        for needed in ("50012", "Kx7mPq2wTn4z", "24/11/2026 09:00", "Ingresar", "205-0911", "no lo solicitó"):
            assert needed in part, needed
    assert re.findall(r'<a href="([^"]*)"[^>]*>([^<]*)</a>', html) == [
        ("https://online.cooprofesionales.com.pa", "Ingresar")
    ]


def test_a_code_is_only_for_a_call_that_the_member_made_and_names_the_operation() -> None:
    text, html = parts(mail("one_time_code"))
    sms = compose_sms("one_time_code", VALUES)
    for part in (text, html, sms):
        assert "042917" in part and "desbloquear su acceso" in part
        assert re.search(r"USTED\s+(hizo|llamó)", part) and "205-0911" in part and "10 min" in part
    assert "<a " not in html


@pytest.mark.parametrize("template", sorted(load_messages().by_id))
def test_every_message_is_clean(template: str) -> None:
    read = mail(template)
    text, html = parts(read)
    for part in (text, html):
        assert "205-0911" in part and "{{" not in part and "{%" not in part
        sites = set(re.findall(r"https?://[^\s\"<]+", part))
        assert sites == {"https://online.cooprofesionales.com.pa"}
    assert not re.search(r"<img|<script|<link|url\(|@import|<iframe|utm_|\?", html.replace("<!DOCTYPE", ""))
    assert all(line.isprintable() for line in text.split("\r\n"))
    assert not any(value in str(read["Subject"]) for value in VALUES.values())


def test_values_are_escaped_and_never_run_as_a_template() -> None:
    text, html = parts(mail("temporary_credentials", username="<b>{{ password }}</b>"))
    assert "&lt;b&gt;{{ password }}&lt;/b&gt;" in html and "<b>" not in html
    assert "<b>{{ password }}</b>" in text


def test_the_same_row_gives_the_same_words() -> None:
    first, second = mail("transfer_done"), mail("transfer_done")
    assert parts(first) == parts(second)
    headers = ("Message-ID", "Date", "Subject", "From", "To")
    assert [first[name] for name in headers] == [second[name] for name in headers]


@pytest.mark.parametrize(
    "identity",
    [
        {"sender": "coop@example.com\r\nBcc: x@example.com"},
        {"sender": "Coop <coop@example.com>"},
        {"portal_url": "http://online.cooprofesionales.com.pa"},
        {"portal_url": "https://online.cooprofesionales.com.pa/?socio=1"},
        {"portal_url": 'https://online.cooprofesionales.com.pa/"x'},
        {"portal_url": "javascript:alert(1)"},
    ],
)
def test_an_identity_is_checked(identity: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        MailIdentity(**identity)


def test_a_line_break_never_becomes_a_header() -> None:
    with pytest.raises(ValueError):
        compose_mail(
            MailIdentity(),
            template="access_unlocked",
            context=VALUES,
            to="itzel@example.com\r\nBcc: x@example.com",
            message_id="<0190@x>",
            written_at=START,
        )


@pytest.mark.parametrize(
    "text",
    [
        'version = 2026-01-01\n[[message]]\nid = "a"\nsubject = "Hola {{ name }}"\nbody = "b"',
        'version = 2026-01-01\n[[message]]\nid = "a"\nsubject = "Hola"\nbody = "b"\nfacts = ["sin valor"]',
        'version = 2026-01-01\n[[message]]\nid = "a"\nsubject = "Hola"\nbody = "b"\ncolour = "rojo"',
    ],
)
def test_a_broken_catalogue_is_refused(text: str) -> None:
    from data.catalog.messages import parse_messages

    with pytest.raises(CatalogError):
        parse_messages(text)
