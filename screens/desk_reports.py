"""The way from the desk to the reports (the menu, or one at once by its words) and to the registers of privacy."""

from __future__ import annotations

from typing import ClassVar

from screens.base import BaseScreen, LineEcho
from screens.staff_shell import staff_shell
from services.errors import InvalidInput, NotFound
from services.operations import Op
from widgets.command import Command, CommandClass

NONE = "Su rol no tiene reportes."
#: What the reports ask for; the desk is drawn before their own module is loaded.
OF_REPORTS = (Op.REPORT_DAY, Op.REPORT_ACCESS, Op.REPORT_HANDLING, Op.REPORT_CHANNELS, Op.CASH_MARKS_VIEW)


class Reports(Command):
    """Abre la lista de reportes, o uno: «:rep cierre 23/11/2026 018»."""

    id = "reports"
    label = "Reportes"
    words = ("reportes", "rep")
    usage = "REPORTE [PERIODO] [SUCURSAL]"


class PrivacyRegister(Command):
    """Registro de solicitudes sobre datos personales (acceso, rectificación, cancelación, oposición, portabilidad)."""

    id = "privacy_register"
    label = "Derechos sobre datos"
    words = ("arco", "derechos")
    operation = Op.PRIVACY_REGISTER.value


class BreachRegister(Command):
    """Registro de vulneraciones de datos personales, con su plazo de 72 horas."""

    id = "breach_register"
    label = "Vulneraciones"
    words = ("vulneraciones", "brechas")
    operation = Op.BREACH_VIEW.value


class ReportsFromDesk(BaseScreen[None]):
    """What the desk has of it."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Reports, PrivacyRegister, BreachRegister)

    def disabled_reason(self, command: CommandClass) -> str | None:
        """The menu has a line for those who may see one."""
        if command is Reports:
            shell = staff_shell(self)
            rules = shell.uow.policy.operations
            return None if any(rules[op].roles & shell.operator.roles for op in OF_REPORTS) else NONE
        return super().disabled_reason(command)

    def action_reports(self) -> None:
        """`:reportes`."""
        from screens.reports import ReportsMenu

        self.app.push_screen(ReportsMenu())

    def action_privacy_register(self) -> None:
        """`:arco`."""
        from screens.privacy import PrivacyScreen

        self.app.push_screen(PrivacyScreen())

    def action_breach_register(self) -> None:
        """`:vulneraciones`."""
        from screens.breaches import BreachesScreen

        self.app.push_screen(BreachesScreen())

    def line_reports(self, arguments: str) -> None:
        """`:rep cierre 23/11/2026`."""
        from screens.reports import asked_report

        try:
            self.app.push_screen(asked_report(arguments))
        except (NotFound, InvalidInput) as error:
            self.say(error.user_text, "warning")

    def line_echo(self, command: CommandClass, arguments: str) -> LineEcho:
        """A report that does not exist is said while it is typed."""
        if command is Reports and arguments and self.reason_against(command) is None:
            from screens.reports import echo_of

            return LineEcho(*echo_of(arguments))
        return super().line_echo(command, arguments)
