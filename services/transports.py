"""The ways out: a mail server, a local Maildir in its place, an SMS gateway over HTTP.

Each sends one message or says why not: `TemporaryFailure` is tried again, `PermanentFailure` is not. Codes hold
no address, no body and no server's own words, because they are stored and shown.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Protocol

from data.secrets import Secret
from services.mail_messages import MailIdentity

if TYPE_CHECKING:
    import httpx

#: Seconds for each step of a conversation; `delivery.LEASE` is longer than all steps together.
STEP_SECONDS: Final = 15
#: Our account or the server's set-up is at fault, not the member's address: worth another try (RFC 4954).
_ACCOUNT_CODES: Final = frozenset({454, 530, 534, 535, 538})


class DeliveryFailure(Exception):
    """A message did not go out. `code` is short and safe to store."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class TemporaryFailure(DeliveryFailure):
    """It may work later, or it may even have arrived: send the same message again."""


class PermanentFailure(DeliveryFailure):
    """It will never arrive."""


class MailTransport(Protocol):
    """Sends one e-mail to one address. `local` is true if it only lands on this machine."""

    @property
    def local(self) -> bool: ...

    def send(self, mail: EmailMessage, to: str) -> None: ...


class SmsTransport(Protocol):
    """Sends one text message; the same `message_id` again is the same message."""

    @property
    def local(self) -> bool: ...

    def send(self, message_id: str, to: str, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Transports:
    """The ways out of this installation. Without `sms`, text messages wait until they expire."""

    mail: MailTransport
    sms: SmsTransport | None = None
    identity: MailIdentity = field(default_factory=MailIdentity)


@dataclass(frozen=True, slots=True)
class SmtpMail:
    """A mail server. `tls`: `starttls` (port 587) and `tls` (465) check the server's certificate and name;
    `none` is for a server on this machine. `ca_file` adds a certificate authority of the house's own."""

    host: str
    port: int = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: Secret | None = None
    sender: str = field(default_factory=lambda: MailIdentity().sender)
    ca_file: Path | None = None
    timeout: int = STEP_SECONDS

    @property
    def local(self) -> bool:
        return False

    def send(self, mail: EmailMessage, to: str) -> None:
        """One conversation, one message. Raises TemporaryFailure, PermanentFailure."""
        try:
            self._converse(mail, to)
        except smtplib.SMTPRecipientsRefused as error:
            raise _by_code(next(iter(error.recipients.values()))[0]) from None
        except smtplib.SMTPServerDisconnected as error:
            raise TemporaryFailure(_network_code(error.__context__)) from None
        except smtplib.SMTPAuthenticationError:
            raise TemporaryFailure("smtp_auth") from None
        except smtplib.SMTPResponseException as error:
            raise _by_code(error.smtp_code) from None
        except (smtplib.SMTPNotSupportedError, ssl.SSLError):
            raise TemporaryFailure("tls") from None
        except (smtplib.SMTPException, OSError) as error:
            raise TemporaryFailure(_network_code(error)) from None

    def _converse(self, mail: EmailMessage, to: str) -> None:
        secure = ssl.create_default_context(cafile=self.ca_file) if self.tls != "none" else None
        name = self.sender.rpartition("@")[2]
        server = self._connect(secure, name)
        try:
            if self.tls == "starttls":
                server.starttls(context=secure)
            if self.user and self.password:
                server.login(self.user, self.password.reveal())
            server.send_message(mail, from_addr=self.sender, to_addrs=[to])
        finally:
            # What the server says to QUIT changes nothing: an accepted message must not be sent twice for it.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()

    def _connect(self, secure: ssl.SSLContext | None, name: str) -> smtplib.SMTP:
        if self.tls == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, name, timeout=self.timeout, context=secure)
        return smtplib.SMTP(self.host, self.port, name, timeout=self.timeout)


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """An SMS gateway behind this contract.

    `POST <url>` with JSON `{"id": …, "to": "+50761234567", "text": …}`, `Idempotency-Key: <id>` and, if there is
    a token, `Authorization: Bearer`. Any 2xx = taken; 409 = this id was taken before; 429 and 5xx = try again;
    any other 4xx = refused for good. The answer's body is not read.
    """

    url: str
    token: Secret | None = None
    timeout: int = STEP_SECONDS
    local: bool = False
    client: httpx.Client | None = field(default=None, repr=False)

    def send(self, message_id: str, to: str, text: str) -> None:
        """Hand one message over. Raises TemporaryFailure, PermanentFailure."""
        import httpx

        headers = {"Idempotency-Key": message_id.strip("<>")}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token.reveal()}"
        body = {"id": message_id.strip("<>"), "to": to, "text": text}
        try:
            if self.client is not None:
                answer = self.client.post(self.url, json=body, headers=headers)
            else:
                # No proxy from the environment: a code must not pass through whatever a variable names.
                with httpx.Client(timeout=self.timeout, trust_env=False) as client:
                    answer = client.post(self.url, json=body, headers=headers)
        except httpx.TimeoutException:
            raise TemporaryFailure("timeout") from None
        except httpx.ConnectError:
            raise TemporaryFailure("refused") from None
        except httpx.HTTPError:
            raise TemporaryFailure("closed") from None
        if answer.is_success or answer.status_code == 409:
            return
        code = f"http_{answer.status_code}"
        raise (PermanentFailure if answer.is_client_error and answer.status_code != 429 else TemporaryFailure)(code)


def _by_code(code: int) -> DeliveryFailure:
    """RFC 5321 §4.2.1: 4yz may work later, 5yz will not, unless our own account is what was refused."""
    if code in _ACCOUNT_CODES:
        return TemporaryFailure("smtp_auth")
    return PermanentFailure(f"smtp_{code}") if 500 <= code < 600 else TemporaryFailure(f"smtp_{code}")


def _network_code(error: BaseException | None) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, TimeoutError):
        return "timeout"
    return "dns" if isinstance(error, socket.gaierror) else "closed"
