"""The two faces of an e-mail."""

from __future__ import annotations

from email.message import EmailMessage


def words_of(mail: EmailMessage) -> str:
    """The plain text."""
    return _body(mail, "plain")


def html_of(mail: EmailMessage) -> str:
    """The HTML."""
    return _body(mail, "html")


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())
