"""A folder in place of a mail server: nothing leaves the machine, and the demonstration reads it on a key.

Maildir layout (tmp, new, cur), folders 0700 and files 0600: the mails hold temporary passwords. A file's name
comes from the Message-ID, so that a message sent twice is one file.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP, default
from pathlib import Path

from data.secrets.private_file import make_private_dir, write_private
from services.transports import TemporaryFailure

FOLDERS = ("tmp", "new", "cur")


@dataclass(frozen=True, slots=True)
class MailSummary:
    """One mail of the folder, as the demonstration shows it. `text` and `html` may hold a secret."""

    message_id: str
    to: str
    subject: str
    at: datetime
    text: str = field(repr=False)
    html: str = field(repr=False)
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MaildirMail:
    """Writes each mail as a file under `path`."""

    path: Path

    @property
    def local(self) -> bool:
        return True

    def send(self, mail: EmailMessage, to: str) -> None:
        """One file, whole or not at all. Raises TemporaryFailure if the folder can't be written."""
        del to  # the mail's own To says it: one recipient each
        name = hashlib.sha256(str(mail["Message-ID"]).encode()).hexdigest()[:32]
        try:
            for folder in FOLDERS:
                make_private_dir(self.path / folder)
                if os.name == "posix":
                    os.chmod(self.path / folder, 0o700)
            if os.name == "posix":
                os.chmod(self.path, 0o700)
            write_private(self.path / "new" / f"{name}.coop", mail.as_bytes(policy=SMTP))
        except OSError:
            raise TemporaryFailure("folder") from None


def read_maildir(path: Path, limit: int = 50) -> list[MailSummary]:
    """The mails under `path`, newest first; empty if there is no such folder. A broken file is left out."""
    found = []
    for folder in ("new", "cur"):
        for file in sorted((path / folder).glob("[!.]*")):
            summary = _summary(file)
            if summary is not None:
                found.append(summary)
    return sorted(found, key=lambda mail: mail.at, reverse=True)[:limit]


def _summary(file: Path) -> MailSummary | None:
    try:
        mail = message_from_bytes(file.read_bytes(), policy=default)
        at = mail["Date"].datetime
        texts = {
            part.get_content_type(): part.get_content().replace("\r\n", "\n")
            for part in mail.walk()
            if part.get_content_maintype() == "text"
        }
    except (OSError, MessageError, AttributeError, KeyError, LookupError, ValueError):
        return None
    return MailSummary(
        message_id=str(mail["Message-ID"] or ""),
        to=str(mail["To"] or ""),
        subject=str(mail["Subject"] or ""),
        at=at.astimezone(UTC),
        text=texts.get("text/plain", ""),
        html=texts.get("text/html", ""),
        attachments=tuple(part.get_filename() or "adjunto" for part in mail.iter_attachments()),
    )
