"""An auditor's work in the console: mark, sign, comment, sample, saved questions, live tail, calendar (C11)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from screens.audit_commands import (
    CommentOnEvent,
    DrawSample,
    FollowTail,
    MarkReviewed,
    OpenCalendar,
    OpenPatterns,
    RepeatSample,
    SavedQuestions,
    SignReview,
    WhoLookedHere,
)
from screens.audit_pages import AuditPages
from screens.audit_panels import cells
from screens.flow import background_flow, flow
from screens.staff_shell import staff_shell
from services import audit_sample
from services.audit_filter import on_day, parse_filter
from services.audit_log import AuditPage, FollowAudit, follow_audit
from services.audit_questions import DropQuestion, SaveQuestion, drop_question, list_questions, save_question
from services.audit_review import CommentEvent, MarkEvent, SignOff, comment_event, mark_event, sign_off
from widgets.command import CommandClass
from widgets.plain_table import PAGE_ROWS

if TYPE_CHECKING:
    from textual.timer import Timer

_NEED_ROW = (MarkReviewed, CommentOnEvent)


class AuditDesk(AuditPages):
    """The pages with what auditors do to them."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (
        SignReview,
        MarkReviewed,
        CommentOnEvent,
        DrawSample,
        RepeatSample,
        SavedQuestions,
        FollowTail,
        OpenCalendar,
        OpenPatterns,
        WhoLookedHere,
    )

    def __init__(self) -> None:
        super().__init__()
        self._seed: str | None = None
        self._of = 0  # how many events the sample was drawn from
        self._tail: Timer | None = None

    def count_text(self) -> str:
        """A sample says its seed: on paper it draws the same again."""
        live = "● EN VIVO · " if self._tail else ""
        if self._seed:
            return f"{live}Muestra {self._seed}: {len(self._page.rows)} de {self._of:,}."
        return live + super().count_text()

    def _show(self, page: AuditPage) -> None:
        self._seed = None
        super()._show(page)

    def disabled_reason(self, command: CommandClass) -> str | None:
        """Marks and comments need an event."""
        if command in _NEED_ROW and not self._page.rows:
            return "No hay un evento elegido."
        if command is WhoLookedHere and not self._subject():
            return "El evento no es de un asociado ni del personal."
        return super().disabled_reason(command)

    # Marks, signature, comments --------------------------------------------------------------------

    @flow
    async def action_mark_reviewed(self) -> None:
        """M: one key an event."""
        if (row := self._row) is None:
            return
        me = staff_shell(self).operator.username
        on = await self.call(mark_event, MarkEvent(row.event_id, me not in row.reviewed))
        reviewed = tuple(sorted({*row.reviewed, me} if on else {*row.reviewed} - {me}))
        self._replace_row(replace(row, reviewed=reviewed))
        if on:
            self._table.action_cursor_down()

    @flow
    async def action_sign_review(self) -> None:
        """F2."""
        done = await self.call(sign_off, SignOff(self._question, self._seed))
        self.say(f"Revisión firmada: {done.events} eventos · huella {done.sha256[:16]}…")

    @flow
    async def action_comment_on_event(self) -> None:
        """C."""
        from screens.dialogs.ask_line import AskLine

        if (row := self._row) is None:
            return
        question = AskLine("Comentario", help_text="Queda debajo del evento, con su usuario; nadie puede cambiarlo.")
        if text := await self.app.push_screen_wait(question):
            await self.call(comment_event, CommentEvent(row.event_id, text))
            me = staff_shell(self).operator.username
            self._replace_row(replace(row, comments=(*row.comments, f"{me}: {text}")))

    # Samples ---------------------------------------------------------------------------------------

    @flow
    async def action_draw_sample(self) -> None:
        """S."""
        await self._sample(None, None)

    @flow
    async def action_repeat_sample(self) -> None:
        """A."""
        from screens.dialogs.ask_line import AskLine

        help_text = "Como K7QPM4-98765, y después de un espacio cuántos eventos, si no son los de costumbre."
        typed = await self.app.push_screen_wait(AskLine("Semilla de la muestra", help_text=help_text))
        if typed:
            seed, *size = typed.split()
            await self._sample(seed, int(size[0]) if size and size[0].isdecimal() else None)

    async def _sample(self, seed: str | None, size: int | None) -> None:
        wanted = parse_filter(self._question, self._today())
        sample = await self.call(audit_sample.draw_sample, audit_sample.DrawSample(wanted, size, seed))
        self._show(AuditPage(sample.rows, more=False))
        self._seed, self._of = sample.seed, sample.population
        self._tell_value()

    # Saved questions -------------------------------------------------------------------------------

    @flow
    async def action_saved_questions(self) -> None:
        """G."""
        from screens.dialogs.ask_line import AskLine
        from screens.dialogs.questions import QuestionsDialog

        questions = await self.call(list_questions)
        choice = await self.app.push_screen_wait(QuestionsDialog(questions, self._question))
        if choice is None:
            return
        if choice.act == "ask":
            self.ask(choice.text)
        elif choice.act == "drop":
            await self.call(drop_question, DropQuestion(choice.text))
            self.say(f"Consulta «{choice.text}» quitada.")
        else:
            title = "Nombre de la consulta"
            name = await self.app.push_screen_wait(AskLine(title, help_text=self._question, longest=40))
            if name:
                shared = choice.act == "share"
                await self.call(save_question, SaveQuestion(name, self._question, shared))
                self.say(f"Consulta «{name}» guardada" + (" para todos." if shared else "."))

    # Live tail and calendar ------------------------------------------------------------------------

    def action_follow_tail(self) -> None:
        """T: on and off."""
        if self._tail is not None:
            self._tail.stop()
            self._tail = None
            self._tell_value()
            return
        seconds = staff_shell(self).uow.policy.audit.tail_seconds
        self._tail = self.set_interval(seconds, self.look_for_new)
        self._read(None)

    @background_flow
    async def look_for_new(self) -> None:
        """What came since the newest row goes on top; the cursor stays on its event."""
        if self._seed or not self._page.rows or self._line.has_focus or not self.is_current:
            return
        wanted = parse_filter(self._question, self._today())
        newest = self._page.rows[0].event_id
        rows = await self.call(follow_audit, FollowAudit(wanted, newest))
        if rows and self._page.rows[0].event_id == newest:
            kept = (*rows, *self._page.rows)[:PAGE_ROWS]
            self._page = AuditPage(kept, self._page.more or len(rows) + len(self._page.rows) > PAGE_ROWS)
            self._table.show_rows([(str(row.event_id), cells(row)) for row in kept])
            self._tell_value()

    @flow
    async def action_open_calendar(self) -> None:
        """D."""
        from screens.audit_calendar import AuditCalendar

        wanted = parse_filter(self._question, self._today())
        day = await self.app.push_screen_wait(AuditCalendar(wanted, wanted.until or self._today()))
        if day is not None:
            self.ask(on_day(self._question, day))

    # Patterns and looks ----------------------------------------------------------------------------

    def action_open_patterns(self) -> None:
        """Z."""
        from screens.patterns import PatternsScreen

        self.app.push_screen(PatternsScreen())

    def action_who_looked_here(self) -> None:
        """Q."""
        from screens.who_looked import WhoLookedScreen

        self.app.push_screen(WhoLookedScreen(self._subject()))

    def _subject(self) -> str:
        """The member of the event, else who of the staff did it."""
        words = self._row.words if self._row else {}
        who = words.get("agente", "")
        return words.get("socio", "") or ("" if who == "sistema" else who)
