"""«Cambio de Contraseña»: every rule is checked while the member types (S44–S50, S94, req. 31)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from data.secrets import Secret
from screens.flow import flow
from screens.portal.rules import Rules
from screens.portal.wizard import WizardScreen
from services.errors import CoopError
from services.first_access import (
    PasswordFacts,
    RuleState,
    SetPassword,
    password_facts,
    password_rules,
    recommendation,
    set_password,
)
from widgets.fields import SecretField, check_fields
from widgets.secret_input import SecretInput

SAME = "Las contraseñas coinciden"


class MemberPassword(WizardScreen):
    """Three masked fields; beneath the new one and its repetition what still fails."""

    HEADING = "Cambio de Contraseña"
    INFO = (
        "Defina una nueva contraseña. La misma será de uso exclusivo para acceder a Cooperativa en Línea y otros "
        "servicios que brinde la Cooperativa."
    )
    AUTO_FOCUS = "#current"
    ASKS_CURRENT: ClassVar[bool] = True
    HELP = (
        "Escriba la contraseña actual (la primera vez, la temporal del correo) y dos veces la nueva. Las marcas dicen "
        "qué le falta. Una frase de varias palabras es buena contraseña; se aceptan espacios y ñ."
    )

    def compose_form(self) -> Iterable[Widget]:
        """The fields, each with its rules."""
        self._facts: PasswordFacts | None = None
        help_text = self.HELP or ""
        self._current = SecretField("Contraseña actual", SecretInput(id="current", help_text=help_text))
        self._new = SecretField("Nueva contraseña", SecretInput(id="new", help_text=help_text))
        self._again = SecretField("Repetir Contraseña", SecretInput(id="again", help_text="La misma otra vez."))
        if self.ASKS_CURRENT:
            yield self._current
        yield self._new
        yield Rules(id="rules")
        yield self._again
        yield Rules(id="same")

    def on_mount(self) -> None:
        """Ask what the new password is held against."""
        super().on_mount()
        self._load()

    @flow
    async def _load(self) -> None:
        self._facts = await self.facts()
        self._show_rules()

    async def facts(self) -> PasswordFacts:
        """What the rules need to know of the member."""
        return await self.call(password_facts)

    @on(Input.Changed)
    def _show_rules(self) -> None:
        if self._facts is None:
            return
        rules, hint = self._look(self._facts)
        new, again = self._new.input.filled, self._again.input.filled
        shown = [(rule.label, rule.met) for rule in rules if rule.label != SAME]
        self.query_one("#rules", Rules).show_rules(shown, typed=new, hint=hint)
        same = [(rule.label, rule.met) for rule in rules if rule.label == SAME]
        self.query_one("#same", Rules).show_rules(same, typed=again)

    def _look(self, facts: PasswordFacts) -> tuple[tuple[RuleState, ...], str]:
        """The rules over what is typed now; nothing of it stays here."""
        new, again, former = (field.input.check(Secret) for field in (self._new, self._again, self._current))
        held = PasswordFacts(facts.minimum, facts.recommended, facts.context, former if former.reveal() else None)
        return password_rules(new, again, held), recommendation(new, held)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        follows = {"current": self._new, "new": self._again}.get(event.input.id or "")
        if follows is not None:
            follows.input.focus()
        else:
            self.action_forward()

    @flow
    async def action_forward(self) -> None:
        """Change it; what is wrong stands at its field, and the secrets concerned are wiped."""
        fields = {"current": self._current, "new": self._new, "repeat": self._again}
        if not check_fields([field for field in fields.values() if field.is_attached]):
            return
        secrets = [field.input.check(Secret) for field in fields.values()]
        try:
            done = await self.save(*secrets)
        except CoopError as error:
            field = fields.get(error.field or "")
            if field is None:
                raise
            for wiped in [field] if field is not self._new else [self._new, self._again]:
                wiped.input.wipe()
            field.show_error(error.user_text)
            field.input.focus()
        else:
            for field in fields.values():
                field.input.wipe()
            self.dismiss(done)

    async def save(self, current: Secret, new: Secret, repeat: Secret) -> Any:
        """Hand it to the service."""
        return await self.call(set_password, SetPassword(current, new, repeat))
