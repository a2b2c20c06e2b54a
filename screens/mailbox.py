"""The local folders, where mail and text messages land while no server is set up: the demonstration reads them here."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll

from data.values.dates import format_datetime
from screens.base import Back, BaseScreen
from screens.flow import background_flow
from services.folder_sms import read_sms
from services.maildir import MailSummary, read_maildir
from widgets.command import Command, CommandClass
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText
from widgets.unrecorded import UNRECORDED

REFRESH_SECONDS = 5
SMS_SUBJECT = "Mensaje de texto"


def read_folders(folder: Path, sms_folder: Path | None) -> tuple[MailSummary, ...]:
    """Mails and text messages in one list, newest first."""
    texts = [] if sms_folder is None else read_sms(sms_folder)
    found = [MailSummary(text.id, text.to, SMS_SUBJECT, text.at, text.text, "") for text in texts]
    return tuple(sorted([*read_maildir(folder), *found], key=lambda message: message.at, reverse=True))


class ReadAgain(Command):
    """Vuelve a leer la carpeta."""

    id = "read_again"
    label = "Actualizar"
    keys = ("f5", "r")
    footer = True


class ScrollDown(Command):
    """Baja por el mensaje."""

    id = "scroll_mail_down"
    label = "Más"
    keys = ("space", "pagedown")


class Mailbox(BaseScreen[None]):
    """Newest first, the chosen mail beneath."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (ReadAgain, ScrollDown, Back)
    CSS_PATH = "mailbox.tcss"
    AUTO_FOCUS = "#mails"
    HELP = (
        "Aquí no sale correo a ningún servidor: cada mensaje queda en una carpeta privada de esta máquina, "
        "también los de texto si no hay pasarela. "
        "Muévase con las flechas para leerlos. En producción se configura un servidor y esta pantalla no existe."
    )

    def __init__(self, folder: Path, sms_folder: Path | None = None) -> None:
        """`sms_folder` is where text messages land, or None where they don't."""
        super().__init__()
        self._folders = (folder, sms_folder)
        self._mails: tuple[MailSummary, ...] = ()
        self._table = PlainTable(
            (Column("Hora", width=16), Column("Para", width=26), Column("Asunto")),
            id="mails",
        )

    def compose_body(self) -> ComposeResult:
        """The list and the mail under the cursor."""
        yield PlainText("Correo local: estos mensajes no salieron de esta máquina.", id="mail-warning")
        with Vertical():
            yield self._table
            with VerticalScroll(id="mail-paper", can_focus=False):
                yield PlainText(multiline=True, id="mail-text", classes=UNRECORDED)

    def on_mount(self) -> None:
        """Read the folder and follow it."""
        super().on_mount()
        self.action_read_again()
        self.set_interval(REFRESH_SECONDS, self.action_read_again)

    def action_read_again(self) -> None:
        """F5."""
        self._read()

    @background_flow
    async def _read(self) -> None:
        mails = await self.call(read_folders, *self._folders)
        if mails == self._mails and mails:
            return
        self._mails = mails
        self._table.show_rows([(mail.message_id, (format_datetime(mail.at), mail.to, mail.subject)) for mail in mails])
        self._show()

    @on(PlainTable.RowHighlighted, "#mails")
    def _show(self) -> None:
        mail = next((mail for mail in self._mails if mail.message_id == self._table.current_key), None)
        self.query_one("#mail-text", PlainText).show("Todavía no hay mensajes." if mail is None else paper_of(mail))
        self.query_one("#mail-paper", VerticalScroll).scroll_home(animate=False)

    def action_scroll_mail_down(self) -> None:
        """Space."""
        self.query_one("#mail-paper", VerticalScroll).scroll_page_down(animate=False)


def paper_of(mail: MailSummary) -> str:
    """The whole message as text, with the names of what goes along."""
    head = [f"Para: {mail.to}", f"Asunto: {mail.subject}", *(f"Adjunto: {name}" for name in mail.attachments)]
    return "\n".join([*head, "", mail.text])
