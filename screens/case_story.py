"""One case told: what was done in it and in those of its chain, what waits, and taking it up again."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from data.values.dates import format_date, format_datetime, panama_date
from data.values.uuid7 import uuid7
from screens.base import Back, BaseScreen
from screens.cases import case_detail
from screens.flow import flow
from screens.staff_shell import staff_shell
from services.case_filter import FOLLOW_UP_HELP, parse_follow_up
from services.case_list import RESUMED, CaseStory, GetCase, ReopenCase, case_story, reopen_case
from services.follow_ups import AddFollowUp, add_follow_up
from services.operations import Op
from widgets.command import Command, CommandClass
from widgets.text import PlainText, safe


class ResumeCase(Command):
    """Retoma el caso en uno nuevo que lo nombra, y abre la ficha del asociado."""

    id = "resume_case"
    label = "Retomar"
    keys: ClassVar[tuple[str, ...]] = ("r",)
    operation = Op.CASE_OPEN.value


class WriteFollowUp(Command):
    """Anota un seguimiento: una fecha y qué hay que hacer."""

    id = "write_follow_up"
    label = "Anotar seguimiento"
    keys: ClassVar[tuple[str, ...]] = ("a",)
    operation = Op.FOLLOW_UP.value


class CaseStoryScreen(BaseScreen[None]):
    """Oldest first."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (ResumeCase, WriteFollowUp, Back)
    AUTO_FOCUS = "#story-scroll"
    HELP = "Lo que se hizo en el caso y en los que lo retoman, lo más antiguo arriba. Las flechas mueven la lista."
    DEFAULT_CSS = """
    CaseStoryScreen #story-scroll { height: 1fr; padding: 0 1; }
    CaseStoryScreen #story { height: auto; }
    """

    def __init__(self, case_id: str) -> None:
        super().__init__()
        self._case_id = case_id
        self._story: CaseStory | None = None

    def compose_body(self) -> ComposeResult:
        """One text."""
        with VerticalScroll(id="story-scroll"):
            yield PlainText(id="story", multiline=True)

    def on_mount(self) -> None:
        """Read the case."""
        super().on_mount()
        self.read_story()

    @flow
    async def read_story(self) -> None:
        """Read and show."""
        await self._read_story()

    async def _read_story(self) -> None:
        story = self._story = await self.call(case_story, GetCase(self._case_id))
        self.query_one("#story", PlainText).show(story_text(story))
        self.refresh_commands()

    def disabled_reason(self, command: CommandClass) -> str | None:
        """Only what is over is taken up again, and once."""
        if command is ResumeCase and self._story is not None:
            if self._story.row.time.ended_at is None:
                return "El caso sigue abierto."
            if self._story.row.state == RESUMED:
                return "Ya se retomó: siga en el último de la cadena."
        return None

    @flow
    async def action_resume_case(self) -> None:
        """R."""
        if self._story is not None:
            await self.call(reopen_case, ReopenCase(self._case_id))
            staff_shell(self).open_record(self._story.row.time.member_id)

    @flow
    async def action_write_follow_up(self) -> None:
        """A."""
        from screens.dialogs.ask_line import AskLine

        if self._story is None:
            return
        typed = await self.app.push_screen_wait(AskLine("Seguimiento", help_text=FOLLOW_UP_HELP))
        if typed:
            due_on, text = parse_follow_up(typed, panama_date(self.shell.now()))
            member_id = self._story.row.time.member_id
            await self.call(add_follow_up, AddFollowUp(uuid7(), member_id, due_on, text))
            await self._read_story()
            self.say(f"Anotado para el {format_date(due_on)}.")


def story_text(story: CaseStory) -> Text:
    """The chain, what waits, and the events."""
    lines = [safe(f"Caso de {story.row.time.agent}: {story.row.kind}", "bold")]
    for row in story.chain:
        mark = "▸ " if row.time.case_id == story.row.time.case_id else "  "
        lines += [
            safe(f"{mark}{line}" if at == 0 else f"  {line}") for at, line in enumerate(case_detail(row).splitlines())
        ]
    if story.follow_ups:
        lines += [safe(""), safe("Pendiente con el asociado:", "bold")]
        lines += [safe(f"{format_date(one.due_on)}  {one.text} ({one.agent})") for one in story.follow_ups]
    lines += [safe(""), safe("Lo que se hizo:", "bold")]
    for event in story.events:
        reason = f" · {event.reason}" if event.reason else ""
        lines.append(safe(f"{format_datetime(event.at)}  {event.who}: {event.what}, {event.result}{reason}"))
    return Text("\n").join(lines)
