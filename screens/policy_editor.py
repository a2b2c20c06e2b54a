"""Another policy as text: written here, checked by the service at its line, proposed for another person (req. 48)."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import ClassVar

from textual.app import ComposeResult
from textual.widgets import TextArea

from data.values.dates import PANAMA, parse_date
from data.values.uuid7 import uuid7
from screens.base import Back, BaseScreen
from screens.dialogs.policy_terms import PolicyTerms
from screens.flow import flow
from services.errors import InvalidInput
from services.operations import Op
from services.policy_changes import ChangePolicy
from services.policy_versions import difference_lines
from services.proposals import Propose, propose
from services.text_cleaning import clean
from widgets.command import Command, CommandClass
from widgets.text import PlainText

LONGEST_LINE = 400
_LINE = re.compile(r"Línea ([0-9]+)")
HEAD = "Borrador de otra política: cambie lo que haga falta y su nombre en version. F2 la revisa y la propone."


class ProposeDraft(Command):
    """Revisa el borrador y lo propone, con un motivo y el momento en que debe valer."""

    id = "propose_draft"
    label = "Proponer"
    keys = ("f2",)
    operation = Op.POLICY_PROPOSE.value
    footer = True


class PolicyEditor(BaseScreen[None]):
    """The whole document. What is wrong is told with its line, and the cursor goes there."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (ProposeDraft, Back)
    CSS_PATH = "policy.tcss"
    AUTO_FOCUS = "#draft"
    HELP = (
        "El documento de la política, en texto. F2 lo revisa: si algo no sirve dice la línea y el cursor va a ella; si"
        " sirve, pide el motivo y desde cuándo vale, y queda en F4 para otra persona. Los montos van en centésimos."
    )

    def __init__(self, text: str) -> None:
        super().__init__()
        self._before = "\n".join(clean(line, LONGEST_LINE) for line in text.splitlines()) + "\n"
        self._draft = TextArea(self._before, id="draft", show_line_numbers=True, tab_behavior="indent")
        self._key = uuid7()

    def compose_body(self) -> ComposeResult:
        """The text."""
        yield PlainText(HEAD, id="editor-head", multiline=True)
        yield self._draft

    def pending_work(self) -> str:
        """What was changed."""
        return "el borrador de la política" if self._draft.text != self._before else ""

    @flow
    async def action_propose_draft(self) -> None:
        """F2."""
        from services.policy_changes import checked

        text = self._draft.text
        try:
            await self.shell.call(checked, text)
        except InvalidInput as wrong:
            self._go_to(wrong.user_text)
            raise
        changes = difference_lines(self._before, text)
        terms = await self.app.push_screen_wait(PolicyTerms(changes))
        if terms is None:
            return
        command = ChangePolicy(text, moment_of(terms.day, terms.hour))
        try:
            await self.call(propose, Propose(command, terms.reason, self._key))
        except InvalidInput as wrong:
            self._go_to(wrong.user_text)
            raise
        self._before = text
        self.dismiss()
        self.shell.notify_safe("Política propuesta. Vale cuando otra persona la apruebe en F4.")

    def _go_to(self, complaint: str) -> None:
        if found := _LINE.search(complaint):
            self._draft.move_cursor((max(0, int(found[1]) - 1), 0), center=True)
            self._draft.focus()


def moment_of(day: str, hour: str) -> datetime | None:
    """When it shall hold, by Panama's clock; None for as soon as it is approved. Raises InvalidInput."""
    if not day.strip():
        return None
    found = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", hour.strip() or "00:00")
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise InvalidInput("La hora va así: 07:30.", field="hour")
    try:
        return datetime.combine(parse_date(day), time(int(found[1]), int(found[2])), PANAMA)
    except ValueError as error:
        raise InvalidInput(str(error), field="day") from None
