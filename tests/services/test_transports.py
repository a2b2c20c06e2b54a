"""Real ways out on loopback: SMTP with and without TLS, a Maildir, an SMS gateway; each failure as it is."""

from __future__ import annotations

import logging
import os
import socket
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data.secrets import Secret
from services.delivery import Drained, drain
from services.mail_messages import MailIdentity, compose_mail
from services.maildir import MaildirMail, read_maildir
from services.sandbox_sms import Fault, SandboxSms, read_sms
from services.transports import PermanentFailure, SmsGateway, SmtpMail, TemporaryFailure, Transports
from tests.services.smtp_server import Mailbox, make_certificate, smtp_server
from tests.services.test_mail_messages import VALUES
from tests.services.test_outbox import queue
from tests.services.world import START, World


def send(port: int, **options: Any) -> None:
    mail = compose_mail(
        MailIdentity(),
        template="temporary_credentials",
        context=VALUES,
        to="itzel@example.com",
        message_id="<0190@online.cooprofesionales.com.pa>",
        written_at=START,
    )
    settings: dict[str, Any] = {"host": "127.0.0.1", "port": port, "tls": "none", "timeout": 5} | options
    SmtpMail(**settings).send(mail, "itzel@example.com")


def test_a_mail_arrives_whole() -> None:
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        send(port)
    (mail,) = mailbox.received
    assert mailbox.envelopes == [("no-responder@online.cooprofesionales.com.pa", ["itzel@example.com"])]
    assert mail["Subject"] == "Sus credenciales temporales de Cooperativa en Línea"
    body = mail.get_body(("plain",))
    assert body is not None and "Kx7mPq2wTn4z" in body.get_content()
    assert mailbox.hello == "online.cooprofesionales.com.pa", "the machine's own name stays inside"


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_tls_is_used_and_the_server_is_checked(tmp_path: Path, tls: str) -> None:
    trusted, mailbox = make_certificate(tmp_path), Mailbox()
    mailbox.password = "correcta"
    with smtp_server(mailbox, tls=tls, folder=tmp_path) as port:
        account = {"user": "coop", "password": Secret("correcta")}
        send(port, host="localhost", tls=tls, ca_file=trusted, **account)
        assert len(mailbox.received) == 1
        with pytest.raises(TemporaryFailure, match="tls"):  # an authority that nobody trusts
            send(port, host="localhost", tls=tls, **account)
        with pytest.raises(TemporaryFailure, match="tls"):  # a name that the certificate doesn't hold
            send(port, host="127.0.0.1", tls=tls, ca_file=trusted, **account)
    assert len(mailbox.received) == 1


def test_a_server_without_tls_gets_neither_password_nor_mail() -> None:
    mailbox = Mailbox()
    mailbox.password = "correcta"
    with smtp_server(mailbox) as port, pytest.raises(TemporaryFailure, match="tls"):
        send(port, tls="starttls", user="coop", password=Secret("correcta"))
    assert mailbox.received == []


def test_a_wrong_password_of_ours_is_no_bounce() -> None:
    mailbox = Mailbox()
    mailbox.password = "correcta"
    with smtp_server(mailbox) as port, pytest.raises(TemporaryFailure, match="smtp_auth"):
        send(port, user="coop", password=Secret("equivocada"))


@pytest.mark.parametrize(
    ("answers", "error", "code"),
    [
        ({"rcpt": "550 5.1.1 no such user itzel@example.com"}, PermanentFailure, "smtp_550"),
        ({"rcpt": "451 4.7.1 greylisted"}, TemporaryFailure, "smtp_451"),
        ({"rcpt": "530 5.7.0 Authentication required"}, TemporaryFailure, "smtp_auth"),
        ({"data": "554 5.6.0 spam"}, PermanentFailure, "smtp_554"),
        ({"data": "452 4.2.2 full"}, TemporaryFailure, "smtp_452"),
        ({"hang_up": "RCPT"}, TemporaryFailure, "closed"),
        ({"hang_up": "DATA"}, TemporaryFailure, "closed"),
    ],
)
def test_what_a_server_says_no_to(answers: dict[str, str], error: type[Exception], code: str) -> None:
    mailbox = Mailbox()
    for name, value in answers.items():
        setattr(mailbox, name, value)
    with smtp_server(mailbox) as port, pytest.raises(error) as refused:
        send(port)
    assert str(refused.value) == code


def test_a_mail_that_was_taken_without_an_answer_is_sent_again_under_its_id(world: World) -> None:
    queue(world)
    mailbox = Mailbox()
    mailbox.hang_up = "after"
    with smtp_server(mailbox) as port:
        ways = Transports(SmtpMail("127.0.0.1", port, "none", timeout=5))
        assert drain(world.uow, ways) == Drained(deferred=1)
        mailbox.hang_up = None
        world.clock.advance(minutes=2)
        assert drain(world.uow, ways) == Drained(sent=1)
    first, second = mailbox.received
    assert first["Message-ID"] == second["Message-ID"] and first["Date"] == second["Date"]


def test_nobody_listens(world: World) -> None:
    queue(world)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(TemporaryFailure, match="refused"):
        send(port)
    assert drain(world.uow, Transports(SmtpMail("127.0.0.1", port, "none"))) == Drained(deferred=1)


def test_a_server_that_says_nothing() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(TemporaryFailure, match="timeout"):
            send(silent.getsockname()[1], timeout=1)


def test_a_transport_never_shows_its_password() -> None:
    ways = Transports(SmtpMail("mail.example.com", user="coop", password=Secret("correcta")))
    assert "correcta" not in repr(ways) and "correcta" not in repr(SmsGateway("https://x", Secret("correcta")))


def test_secrets_stay_out_of_the_logs(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # the test's own server
    queue(world)
    queue(world, kind="sms", to="+50761234567", template="one_time_code", context=VALUES)
    mailbox = Mailbox()
    mailbox.rcpt = "550 no such user itzel@example.com"
    with smtp_server(mailbox) as port, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        gateway = SmsGateway(f"http://127.0.0.1:{nobody.getsockname()[1]}/")
        drain(world.uow, Transports(SmtpMail("127.0.0.1", port, "none"), gateway))
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("mail.")]
    for secret in ("Kx7mPq2wTn4z", "042917", "itzel@example.com", "61234567"):
        assert not any(secret in line for line in ours)
        assert secret not in str(world.events())


# ---------------------------------------------------------------- Maildir


def test_a_maildir_keeps_mails_to_itself(world: World, tmp_path: Path) -> None:
    queue(world)
    path = tmp_path / "correo"
    assert read_maildir(path) == []
    assert drain(world.uow, Transports(MaildirMail(path))) == Drained(sent=1)
    (mail,) = read_maildir(path)
    assert (mail.to, mail.at) == ("itzel@example.com", START)
    assert "Kx7mPq2wTn4z" in mail.text and "Ingresar" in mail.html
    assert "Kx7mPq2wTn4z" not in repr(mail)
    assert world.scalar("SELECT error FROM outbox") == "local"
    if os.name == "posix":
        assert [(path / name).stat().st_mode & 0o777 for name in ("", "tmp", "new", "cur")] == [0o700] * 4
        assert [file.stat().st_mode & 0o777 for file in (path / "new").iterdir()] == [0o600]


def test_an_open_folder_is_closed_and_a_second_send_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir(mode=0o755)
    tmp_path.chmod(0o755)
    mail = compose_mail(
        MailIdentity(),
        template="access_closed",
        context=VALUES,
        to="a@example.com",
        message_id="<1@x>",
        written_at=START,
    )
    for _ in range(2):
        MaildirMail(tmp_path).send(mail, "a@example.com")
    assert len(read_maildir(tmp_path)) == 1
    if os.name == "posix":
        assert tmp_path.stat().st_mode & 0o077 == 0 and (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "correo").write_text("a file, not a folder")
    mail = compose_mail(
        MailIdentity(),
        template="access_closed",
        context=VALUES,
        to="a@example.com",
        message_id="<1@x>",
        written_at=START,
    )
    with pytest.raises(TemporaryFailure, match="folder"):
        MaildirMail(tmp_path / "correo").send(mail, "a@example.com")


def test_mails_are_read_newest_first_and_a_broken_file_is_left_out(tmp_path: Path) -> None:
    for hours in (0, 2, 1):
        mail = compose_mail(
            MailIdentity(),
            template="access_closed",
            context=VALUES,
            to=f"a{hours}@example.com",
            message_id=f"<{hours}@x>",
            written_at=START + timedelta(hours=hours),
        )
        MaildirMail(tmp_path).send(mail, "")
    (tmp_path / "new" / "broken").write_bytes(b"\xff\xfe nothing that a mail is")
    assert [mail.to for mail in read_maildir(tmp_path)] == ["a2@example.com", "a1@example.com", "a0@example.com"]
    assert len(read_maildir(tmp_path, limit=1)) == 1


# ---------------------------------------------------------------- text messages


@pytest.fixture
def sandbox(tmp_path: Path) -> Any:
    with SandboxSms(tmp_path / "sms") as running:
        yield running


def test_a_text_message_arrives(world: World, sandbox: SandboxSms) -> None:
    queue(world, kind="sms", to="+50761234567", template="one_time_code", context=VALUES)
    assert drain(world.uow, Transports(MaildirMail(sandbox.folder), SmsGateway(sandbox.url))) == Drained(sent=1)
    (message,) = read_sms(sandbox.folder)
    assert message.to == "+50761234567" and "042917" in message.text and "042917" not in repr(message)
    if os.name == "posix":
        assert [file.stat().st_mode & 0o777 for file in sandbox.folder.glob("*.json")] == [0o600]


def test_the_same_message_twice_is_one(sandbox: SandboxSms) -> None:
    gateway = SmsGateway(sandbox.url, Secret("ficha"))
    for _ in range(2):
        gateway.send("<1@x>", "+50761234567", "hola")
    assert len(read_sms(sandbox.folder)) == 1 and sandbox.requests == 2


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Fault.BUSY, TemporaryFailure, "http_503"),
        (Fault.THROTTLED, TemporaryFailure, "http_429"),
        (Fault.REFUSED, PermanentFailure, "http_400"),
        (Fault.CLOSED, TemporaryFailure, "closed"),
        (Fault.SILENT, TemporaryFailure, "timeout"),
    ],
)
def test_a_gateway_that_fails(sandbox: SandboxSms, fault: Fault, error: type[Exception], code: str) -> None:
    sandbox.fault = fault
    with pytest.raises(error) as refused:
        SmsGateway(sandbox.url, timeout=1).send("<1@x>", "+50761234567", "hola")
    assert str(refused.value) == code
    sandbox.fault = None
    SmsGateway(sandbox.url).send("<1@x>", "+50761234567", "hola")
    assert len(read_sms(sandbox.folder)) == 1, "a message that was taken in silence is still one"


def test_no_gateway_at_all() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(TemporaryFailure, match="refused"):
        SmsGateway(f"http://127.0.0.1:{port}/").send("<1@x>", "+50761234567", "hola")


def test_a_proxy_of_the_environment_is_not_used(sandbox: SandboxSms, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    SmsGateway(sandbox.url).send("<1@x>", "+50761234567", "hola")
    assert len(read_sms(sandbox.folder)) == 1


def test_a_request_out_of_form_is_refused(sandbox: SandboxSms) -> None:
    import httpx

    for body in (b"", b"[]", b'{"id": 1, "to": "x", "text": "y"}', b"{"):
        assert httpx.post(sandbox.url, content=body, trust_env=False).status_code == 400
    assert read_sms(sandbox.folder) == []


def test_the_system_s_authorities_are_the_default() -> None:
    assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED
