"""The notes of a member: read, and one more. None can be changed or taken back."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Input

from data.values.dates import format_datetime
from screens.flow import flow
from screens.member_screen import MemberScreen
from services.errors import CoopError
from services.notes import LONGEST, AddNote, ListNotes, NoteRow, add_note, list_notes
from widgets.command import Command, CommandClass
from widgets.fields import Field
from widgets.house_input import TextInput
from widgets.panel import Panel
from widgets.text import PlainText, safe


class SaveNote(Command):
    """Guarda la nota. No se podrá cambiar."""

    id = "save_note"
    label = "Guardar"
    keys: ClassVar[tuple[str, ...]] = ("f2",)
    footer = True


class NotesScreen(MemberScreen[None]):
    """Newest first, a field for one more beneath."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (SaveNote,)
    AUTO_FOCUS = "#note"
    HELP = (
        "Escriba la nota y guárdela con Enter o F2. No escriba números de tarjeta ni respuestas de seguridad."
        " Las flechas y RePág/AvPág mueven la lista."
    )
    DEFAULT_CSS = """
    NotesScreen #notes-panel { height: 1fr; }
    NotesScreen VerticalScroll { height: 1fr; }
    NotesScreen .note { height: auto; }
    """

    def __init__(self, member_id: int) -> None:
        super().__init__()
        self.member_id = member_id
        self.note = Field("Nota nueva", TextInput(id="note", max_length=LONGEST))

    def compose_body(self) -> ComposeResult:
        """The list and the field."""
        with Panel("Notas", id="notes-panel"):
            yield VerticalScroll(can_focus=False, id="notes")
        yield self.note

    def on_mount(self) -> None:
        """Read what is there."""
        super().on_mount()
        self.load()

    @flow
    async def load(self) -> None:
        """Read and show."""
        await self._show()

    async def _show(self) -> None:
        rows = await self.call(list_notes, ListNotes(self.member_id))
        box = self.query_one("#notes", VerticalScroll)
        await box.remove_children()
        await box.mount(*[PlainText(note_text(row), multiline=True, classes="note") for row in rows])
        self.query_one("#notes-panel", Panel).retitle("Notas", "" if rows else "Sin notas")
        box.scroll_home(animate=False)

    def key_up(self) -> None:
        """Scroll without taking the focus off the field."""
        self.query_one("#notes", VerticalScroll).scroll_up(animate=False)

    def key_down(self) -> None:
        """Scroll without taking the focus off the field."""
        self.query_one("#notes", VerticalScroll).scroll_down(animate=False)

    def key_pageup(self) -> None:
        """Scroll a page."""
        self.query_one("#notes", VerticalScroll).scroll_page_up(animate=False)

    def key_pagedown(self) -> None:
        """Scroll a page."""
        self.query_one("#notes", VerticalScroll).scroll_page_down(animate=False)

    def pending_work(self) -> str:
        """A note that was not saved."""
        return "la nota sin guardar" if self.note.text.strip() else ""

    @on(Input.Submitted, "#note")
    def _entered(self) -> None:
        self.action_save_note()

    @flow
    async def action_save_note(self) -> None:
        """F2 or Enter."""
        if not self.note.check():
            return
        try:
            await self.call(add_note, AddNote(self.member_id, self.note.text))
        except CoopError as error:
            self.note.show_error(error.user_text)
            return
        self.note.input.value = ""
        self.say("Nota guardada.")
        await self._show()


def note_text(row: NoteRow) -> Text:
    """When, who, and beneath it what."""
    head = safe(f"{format_datetime(row.at)} · {row.by}", "bold")
    return head.append("\n").append_text(safe(row.text, multiline=True, max_length=LONGEST))
