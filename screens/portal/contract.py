"""«Contrato de Servicios»: the box opens when the end was on the screen, the button when it is ticked (S70–S73)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from textual import on
from textual.containers import VerticalScroll
from textual.message import Message as TextualMessage
from textual.widget import Widget
from textual.widgets import Button

from screens.dialogs.message import Message
from screens.flow import flow
from screens.portal.base import Forward, StepBack
from screens.portal.wizard import WizardScreen
from services.contracts import ContractText, SignContract, Signed, sign_contract
from services.first_access import next_step
from widgets.command import CommandClass
from widgets.text import PlainText
from widgets.tick_box import TickBox

AGREED = "He leído y acepto los términos y condiciones del contrato."
NOT_READ = "Lea el contrato hasta el final: baje con las flechas, AvPág o Fin. La casilla se abre al llegar."
NOT_TICKED = "Marque antes la casilla: «He leído y acepto los términos y condiciones del contrato»."


class Sign(Forward):
    """Firma el contrato que acaba de leer. Recibirá una copia en su correo."""

    label = "Firmar Contrato"


class ReadToTheEnd(VerticalScroll, can_focus=True):
    """A long text, paragraph by paragraph, that says once when its last line has been on the screen."""

    @dataclass
    class EndShown(TextualMessage):
        """The last line is, or was, on the screen."""

    def __init__(self, text: str, *, id: str) -> None:
        super().__init__(*[PlainText(part, multiline=True) for part in text.split("\n\n")], id=id)
        self._told = False
        self.help_text = NOT_READ

    def watch_scroll_y(self, old: float, new: float) -> None:
        """Scrolled: is it the end?"""
        super().watch_scroll_y(old, new)
        self._look()

    def on_mount(self) -> None:
        """A short text may fit as it is."""
        self.call_after_refresh(self._look)

    def on_resize(self) -> None:
        """So may a text on a larger screen."""
        self.call_after_refresh(self._look)

    def _look(self) -> None:
        shown = self.size.height and self.virtual_size.height and self.scroll_offset.y >= self.max_scroll_y
        if shown and not self._told:
            self._told = True
            self.post_message(self.EndShown())


class Contract(WizardScreen):
    """The text, the box, the button."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Sign, StepBack)
    HEADING = "Contrato de Servicios"
    AUTO_FOCUS = "#contract"
    HELP = NOT_READ
    DEFAULT_CSS: ClassVar[str] = """
    Contract .card { overflow-y: hidden; }
    Contract #contract { height: 1fr; border: round $panel-border; padding: 0 1; }
    Contract #contract:focus { border: round $accent; }
    Contract #contract PlainText { width: 1fr; height: auto; margin-bottom: 1; }
    """

    def __init__(self, state: Any, contract: ContractText) -> None:
        super().__init__(state)
        self._contract = contract
        self._shown_at: datetime | None = None
        self._ticked_at: datetime | None = None

    def compose_form(self) -> Iterable[Widget]:
        """Text and box."""
        yield ReadToTheEnd(self._contract.text, id="contract")
        yield TickBox(AGREED, locked=True, id="agreed")

    def on_mount(self) -> None:
        """Nothing can be signed yet."""
        super().on_mount()
        self._follow()

    def _follow(self) -> None:
        self.query_one("#forward", Button).disabled = self._ticked_at is None
        self.refresh_commands()

    def disabled_reason(self, command: CommandClass) -> str | None:
        """Read, tick, sign."""
        if command is Sign and self._shown_at is None:
            return NOT_READ
        if command is Sign and self._ticked_at is None:
            return NOT_TICKED
        return super().disabled_reason(command)

    @on(ReadToTheEnd.EndShown)
    def _end_shown(self) -> None:
        self._shown_at = self.shell.now()
        self.query_one(TickBox).unlock()
        self._follow()

    @on(TickBox.Refused)
    def _refused(self) -> None:
        self.say(NOT_READ, "warning")

    @on(TickBox.Changed)
    def _ticked(self, event: TickBox.Changed) -> None:
        self._ticked_at = self.shell.now() if event.ticked else None
        self.hush()
        self._follow()

    @flow
    async def action_forward(self) -> None:
        """Sign exactly the text on show."""
        if self._shown_at is None or self._ticked_at is None:
            return
        contract = self._contract
        signature = SignContract(contract.version, contract.text_sha256, self._shown_at, self._ticked_at)
        signed: Signed = await self.call(sign_contract, signature)
        await self.app.push_screen_wait(Message("Contrato firmado", signed_text(signed)))
        self.dismiss(await self.call(next_step))


def signed_text(signed: Signed) -> str:
    """What is told after the signature."""
    copy = f" Le enviamos una copia del contrato a {signed.copy_to}." if signed.copy_to else ""
    return f"Su firma quedó registrada con el número {signed.id}.{copy}"
