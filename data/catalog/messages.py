"""What the cooperative writes to members: subjects and texts by template name (S40–S41, req. 26–29, 44)."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from data.catalog.reader import Row, read_catalog, unique

FILE = "mail/messages.toml"
#: The only site that a message names (req. 29); also the right side of every Message-ID.
OFFICIAL_HOST = "online.cooprofesionales.com.pa"
PORTAL_URL = f"https://{OFFICIAL_HOST}"
#: What may go along with a message, and the values by which the document is found when it is sent.
ATTACHMENTS: Mapping[str, tuple[str, ...]] = {
    "contract": ("contract_id",),
    "statement": ("period", "accounts", "upto"),
    "card_statement": ("account_id", "first", "cut", "upto", "limit", "minimum", "due"),
}
_NAME = re.compile(r"\{\{ *([a-z_]+) *\}\}")


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """One message. `{{ name }}` in `body`, `facts` and `sms` is filled from the context.

    `body` is paragraphs parted by an empty line; `facts` are label and value; `button` leads to the portal;
    `attachment` is the document that goes along (services/attachments.py), empty for none.
    """

    id: str
    subject: str
    body: str
    facts: tuple[tuple[str, str], ...]
    warning: str
    button: str
    sms: str
    attachment: str = ""
    #: The values that the context must bring; `at` (when it happened) is always there.
    keys: frozenset[str] = field(init=False)
    #: Those of them that nobody reads: what the document is made from.
    hidden: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        texts = (self.body, self.sms, *(value for _, value in self.facts))
        names = frozenset(name for text in texts for name in _NAME.findall(text))
        made_from = frozenset(ATTACHMENTS.get(self.attachment, ()))
        object.__setattr__(self, "keys", (names | made_from) - {"at"})
        object.__setattr__(self, "hidden", made_from - names)


@dataclass(frozen=True, slots=True)
class MessageCatalog:
    """The templates by name."""

    version: date
    by_id: Mapping[str, MessageTemplate]

    def get(self, name: str) -> MessageTemplate:
        """The template of a name. Raises LookupError: a misspelt name is a fault of the program."""
        if name not in self.by_id:
            raise LookupError(f"no message template {name}")
        return self.by_id[name]


def parse_messages(text: str | None = None) -> MessageCatalog:
    """Read ``messages.toml`` (or ``text``).

    Raises: CatalogError.
    """
    top = read_catalog(FILE, text)
    version = top.day("version")
    messages = unique([_message(row) for row in top.rows("message")], lambda item: item.id, FILE)
    top.done()
    return MessageCatalog(version, MappingProxyType(messages))


@functools.cache
def load_messages() -> MessageCatalog:
    """The templates that the program ships, read once."""
    return parse_messages()


def _message(row: Row) -> MessageTemplate:
    message = MessageTemplate(
        id=row.text("id"),
        subject=row.text("subject"),
        body=row.text("body").strip(),
        facts=tuple(_fact(row, line) for line in row.texts("facts")),
        warning=row.text("warning", ""),
        button=row.text("button", ""),
        sms=row.text("sms", ""),
        attachment=row.text("attachment", ""),
    )
    if message.attachment and message.attachment not in ATTACHMENTS:
        raise row.error(f"«attachment» debe ser uno de: {', '.join(ATTACHMENTS)}")
    if "{{" in message.subject or not message.subject.isprintable():
        raise row.error("«subject» no lleva datos ni saltos de línea")
    row.done()
    return message


def _fact(row: Row, line: str) -> tuple[str, str]:
    label, sign, value = line.partition("=")
    if not sign or not label.strip() or not value.strip():
        raise row.error("cada línea de «facts» es «Etiqueta = valor»")
    return label.strip(), value.strip()
