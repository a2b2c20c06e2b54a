"""Puts a queued message into words: an e-mail in text and HTML, or one text message (S40, S41, req. 26, 29).

No image, no tracking, one link at most and that to the portal itself; the subject never holds a value; what
fills a text is escaped for HTML. The same row always gives the same words, date and Message-ID, so that a
second send is a copy of the first.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime as mail_date
from email.utils import formataddr
from importlib.resources import files
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from data.catalog.messages import OFFICIAL_HOST, PORTAL_URL, MessageTemplate, load_messages
from data.values.dates import to_panama
from data.values.email_address import EmailAddress
from data.values.errors import InvalidValue
from services.errors import InvalidInput

if TYPE_CHECKING:
    from jinja2 import Environment

SENDER_NAME: Final = "Cooperativa en Línea"
SMS_LENGTH: Final = 160
_NAME = re.compile(r"\{\{ *([a-z_]+) *\}\}")


@dataclass(frozen=True, slots=True)
class MailIdentity:
    """Who writes and to which site the button leads. Both are checked, since they come from settings.

    Raises InvalidInput for a sender that is no plain address or a site that is not https.
    """

    sender: str = f"no-responder@{OFFICIAL_HOST}"
    portal_url: str = PORTAL_URL

    def __post_init__(self) -> None:
        try:
            EmailAddress.parse(self.sender)
        except InvalidValue:
            raise InvalidInput("El remitente del correo no es válido. Revise COOP_SMTP_FROM.") from None
        parts = urlsplit(self.portal_url)
        plain = self.portal_url.isprintable() and not re.search(r"[\s\"<>]", self.portal_url)
        if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or not plain:
            raise InvalidInput("La dirección del sitio debe empezar con https:// y no llevar parámetros.")

    @property
    def domain(self) -> str:
        """The sender's domain: how this program names itself to a mail server."""
        return self.sender.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A PDF that goes along with an e-mail."""

    name: str
    content: bytes = field(repr=False)


def compose_mail(
    identity: MailIdentity,
    *,
    template: str,
    context: Mapping[str, str],
    to: str,
    message_id: str,
    written_at: datetime,
    attachment: Attachment | None = None,
) -> EmailMessage:
    """The e-mail of one queued row. Raises ValueError for a header with CR or LF (the library refuses it)."""
    found = load_messages().get(template)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = formataddr((SENDER_NAME, identity.sender))
    mail["To"] = to
    mail["Subject"] = found.subject
    mail["Date"] = mail_date(to_panama(written_at).replace(microsecond=0))
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    values = _values(found, context, identity)
    mail.set_content(_environment().get_template("frame.txt.j2").render(values))
    mail.add_alternative(_environment().get_template("frame.html.j2").render(values), subtype="html")
    if attachment is not None:
        mail.add_attachment(attachment.content, maintype="application", subtype="pdf", filename=attachment.name)
    mail["Content-Language"] = "es-PA"  # last: setting the content drops every Content- header
    return mail


def compose_sms(template: str, context: Mapping[str, str]) -> str:
    """The text message of one queued row, at most 160 characters, on one line."""
    text = _fill(load_messages().get(template).sms, context)
    return text if len(text) <= SMS_LENGTH else text[: SMS_LENGTH - 1] + "…"


def _values(found: MessageTemplate, context: Mapping[str, str], identity: MailIdentity) -> dict[str, object]:
    """What the frames show: the first paragraph leads, the facts follow, then the other paragraphs."""
    paragraphs = [_fill(" ".join(part.split()), context) for part in found.body.split("\n\n")]
    return {
        "subject": found.subject,
        "lead": paragraphs[:1],
        "rest": paragraphs[1:],
        "facts": [(label, _fill(value, context)) for label, value in found.facts],
        "warning": found.warning,
        "button": found.button,
        "portal_url": identity.portal_url.rstrip("/"),
    }


def _fill(text: str, context: Mapping[str, str]) -> str:
    """Put the values in. They are never read as a template themselves. Raises KeyError for a missing one."""
    return _NAME.sub(lambda match: context[match[1]], text)


@functools.cache
def _environment() -> Environment:
    """Jinja2 loads here and not at import: the first screen never waits for it."""
    from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape

    folder = files("data.catalog").joinpath("mail")
    sources = {name: folder.joinpath(name).read_text("utf-8") for name in ("frame.txt.j2", "frame.html.j2")}
    return Environment(
        loader=DictLoader(sources),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
