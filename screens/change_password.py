"""A new password of one's own: after a temporary one, or whenever one wants (req. 11)."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from data.secrets import Secret
from screens.base import Back
from screens.door import DoorScreen
from screens.flow import flow
from screens.staff_shell import staff_shell
from services.errors import InvalidInput, SignInRefused
from services.passwords import password_problems, same_password
from services.staff_sessions import ChangePassword as Command_
from services.staff_sessions import change_password
from widgets.command import Command, CommandClass
from widgets.fields import SecretField, check_fields
from widgets.secret_input import SecretInput
from widgets.text import PlainText


class SavePassword(Command):
    """Guarda la contraseña nueva."""

    id = "save_password"
    label = "Guardar"
    keys = ("f2",)
    footer = True


class ChangePassword(DoorScreen[bool]):
    """Answers True when the password was changed. `must`: no work before it; leaving it ends the session."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (SavePassword, Back)
    AUTO_FOCUS = "#current"
    HELP = (
        "Escriba su contraseña actual y dos veces la nueva. Una frase de varias palabras es buena y fácil de recordar; "
        "no hacen falta mayúsculas ni signos. No use su nombre ni el de la cooperativa."
    )

    def __init__(self, minimum: int, *, must: bool = False) -> None:
        """`minimum`: characters that a new password needs."""
        super().__init__()
        self._minimum, self._must = minimum, must
        self._current = SecretField("Actual", SecretInput(id="current", help_text="La contraseña con que ingresó."))
        self._new = SecretField("Nueva", SecretInput(id="new", help_text=f"Al menos {minimum} caracteres."))
        self._again = SecretField("Repita la nueva", SecretInput(id="again", help_text="La misma otra vez."))

    def compose_door(self) -> ComposeResult:
        """Why, the three fields, and the rule."""
        why = (
            "Su contraseña es temporal. Elija la suya antes de trabajar."
            if self._must
            else "Al guardar, sus otras sesiones se cierran."
        )
        yield PlainText("Cambiar contraseña", classes="door-title")
        yield PlainText(why, classes="door-note")
        yield self._current
        yield self._new
        yield self._again
        yield PlainText(id="password-rule", classes="door-state")

    def on_mount(self) -> None:
        """Show the rule before anything is typed."""
        super().on_mount()
        self._show_rule()

    @on(Input.Changed, "#new")
    def _show_rule(self) -> None:
        problems = self._new.input.check(self._problems) if self._new.input.filled else ()
        rule = self.query_one("#password-rule", PlainText)
        if not self._new.input.filled:
            rule.show(f"○ Al menos {self._minimum} caracteres; una frase de varias palabras sirve.")
        else:
            rule.show(f"✗ {' '.join(problems)}" if problems else "● Cumple las reglas")

    def _problems(self, typed: str) -> tuple[str, ...]:
        operator = staff_shell(self).operator
        context = (operator.username, operator.full_name)
        return password_problems(Secret(typed), context=context, minimum=self._minimum)

    @on(Input.Submitted, "#current")
    def _to_new(self) -> None:
        self._new.input.focus()

    @on(Input.Submitted, "#new")
    def _to_again(self) -> None:
        self._again.input.focus()

    @on(Input.Submitted, "#again")
    def _submitted(self) -> None:
        self.action_save_password()

    @flow
    async def action_save_password(self) -> None:
        """Change it; whatever goes wrong, the fields concerned are wiped and say why."""
        if not check_fields([self._current, self._new, self._again]):
            return
        new = self._new.input.check(Secret)
        if not same_password(new, self._again.input.check(Secret)):
            self._again.input.wipe()
            self._again.show_error("No es igual a la nueva. Escríbala otra vez.")
            self._again.input.focus()
            return
        try:
            await self.call(change_password, Command_(self._current.input.check(Secret), new))
        except SignInRefused as refused:
            self._complain(self._current, refused.user_text)
        except InvalidInput as error:
            self._again.input.wipe()
            self._complain(self._new, error.user_text)
        else:
            self.shell.notify_safe("Contraseña cambiada.")
            self.dismiss(True)

    def _complain(self, field: SecretField, text: str) -> None:
        field.input.wipe()
        field.show_error(text)
        field.input.focus()

    async def action_back(self) -> None:
        """Leave it as it was."""
        self.dismiss(False)
