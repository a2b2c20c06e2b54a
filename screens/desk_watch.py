"""What the desk opens to follow the work itself: cases, patterns in the trail, who looked at whom."""

from __future__ import annotations

from typing import ClassVar

from screens.base import LineEcho
from screens.desk_reports import ReportsFromDesk
from screens.flow import flow
from services.errors import InvalidInput
from services.operations import Op
from widgets.command import Command, CommandClass


class Patterns(Command):
    """Abre las señales: lo que las reglas de la política encuentran en la auditoría."""

    id = "patterns"
    label = "Señales"
    words = ("senales", "señales")
    operation = Op.PATTERN_VIEW.value


class WhoLooked(Command):
    """Quién miró los datos de un asociado, o a quiénes miró una persona. En la línea: miro 50012, miro mrodriguez."""

    id = "who_looked"
    label = "Quién miró"
    words = ("miro", "miró")
    usage = "ASOCIADO O USUARIO"
    operation = Op.LOOKS_VIEW.value


class Cases(Command):
    """Abre los casos y los seguimientos. En la línea: casos estado:pendiente, casos socio:50012."""

    id = "cases"
    label = "Casos"
    words = ("casos",)
    usage = "FILTRO"
    operation = Op.CASES_VIEW.value


class WatchFromDesk(ReportsFromDesk):
    """The part of the desk that supervision starts from."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Cases, Patterns, WhoLooked)

    def action_cases(self) -> None:
        """`:casos`."""
        self.line_cases("")

    def line_cases(self, arguments: str) -> None:
        """`:casos estado:pendiente`."""
        from screens.cases import CasesScreen

        self.app.push_screen(CasesScreen(arguments))

    def action_patterns(self) -> None:
        """`:señales`."""
        from screens.patterns import PatternsScreen

        self.app.push_screen(PatternsScreen())

    def action_who_looked(self) -> None:
        """`:miro` alone, or from the palette."""
        self.ask_who_looked()

    def line_who_looked(self, arguments: str) -> None:
        """`:miro 50012`, `:miro mrodriguez`."""
        from screens.who_looked import WhoLookedScreen

        self.app.push_screen(WhoLookedScreen(arguments))

    @flow
    async def ask_who_looked(self) -> None:
        """Whose looks?"""
        from screens.dialogs.ask_line import AskLine

        question = AskLine("Quién miró", help_text="Número de asociado, o usuario del personal.", longest=60)
        if subject := await self.app.push_screen_wait(question):
            self.line_who_looked(subject)

    def line_echo(self, command: CommandClass, arguments: str) -> LineEcho:
        """Whose looks the line would show, or which cases."""
        if command is Cases and arguments and self.reason_against(command) is None:
            from services.case_filter import parse_cases

            try:
                parse_cases(arguments)
            except InvalidInput as error:
                return LineEcho(error.user_text, runnable=False)
            return LineEcho(f"Casos: {arguments}.", runnable=True)
        if command is WhoLooked and arguments and self.reason_against(command) is None:
            return LineEcho(f"Quién miró a «{arguments}», o a quiénes miró; quedará registrado.", runnable=True)
        return super().line_echo(command, arguments)
