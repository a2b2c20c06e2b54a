"""Who works here: add, disable, enable, reset, unlock (req. 10–14). A temporary password is shown once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual.app import ComposeResult

from data.secrets import Secret
from data.values.dates import format_datetime
from screens.base import Back, BaseScreen
from screens.dialogs.add_staff import AddStaffDialog
from screens.dialogs.message import Message
from screens.dialogs.reason import Reason, ReasonDialog
from screens.flow import flow
from services.operations import Op
from services.staff import (
    AddStaff,
    DisableStaff,
    EnableStaff,
    ResetStaff,
    StaffRow,
    UnlockStaff,
    add_staff,
    disable_staff,
    enable_staff,
    list_staff,
    reset_staff,
    unlock_staff,
)
from widgets.command import Command, CommandClass
from widgets.plain_table import Column, PlainTable

NOBODY = "No hay nadie en la lista."
REASONS = (
    Reason("pedido", "Lo pidió la persona"),
    Reason("salida", "Dejó de trabajar aquí"),
    Reason("traslado", "Cambio de puesto o sucursal"),
    Reason("seguridad", "Sospecha de uso indebido"),
    Reason("otro", "Otro", needs_text=True),
)


class NewPerson(Command):
    """Agrega a una persona. Su contraseña temporal se muestra una sola vez."""

    id = "new_person"
    label = "Agregar"
    keys = ("a",)
    operation = Op.STAFF_MANAGE.value


class DisablePerson(Command):
    """Deshabilita a la persona de la fila; sus sesiones terminan al instante."""

    id = "disable_person"
    label = "Deshabilitar"
    keys = ("d",)
    operation = Op.STAFF_MANAGE.value
    dangerous = True


class EnablePerson(Command):
    """Vuelve a habilitar a la persona de la fila."""

    id = "enable_person"
    label = "Habilitar"
    keys = ("h",)
    operation = Op.STAFF_MANAGE.value


class ResetPerson(Command):
    """Da una contraseña temporal nueva y quita el segundo factor. Se muestra una sola vez."""

    id = "reset_person"
    label = "Restablecer"
    keys = ("r",)
    operation = Op.STAFF_MANAGE.value
    dangerous = True


class UnlockPerson(Command):
    """Quita el bloqueo por intentos fallidos."""

    id = "unlock_person"
    label = "Desbloquear"
    keys = ("u",)
    operation = Op.STAFF_UNLOCK.value


class ReadPeople(Command):
    """Vuelve a leer la lista."""

    id = "read_people"
    label = "Actualizar"
    keys = ("f5",)
    operation = Op.STAFF_VIEW.value
    footer = True


class StaffList(BaseScreen[None]):
    """For administrators; supervisors unlock here, auditors look."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (
        NewPerson,
        DisablePerson,
        EnablePerson,
        ResetPerson,
        UnlockPerson,
        ReadPeople,
        Back,
    )
    CSS_PATH = "staff_list.tcss"
    AUTO_FOCUS = "#people"
    HELP = "El personal y cómo está su acceso. Las letras actúan sobre la fila donde está el cursor."

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[StaffRow, ...] = ()
        self._table = PlainTable(
            (
                Column("Usuario", width=13),
                Column("Estado", width=24),
                Column("Nombre", width=20),
                Column("Suc.", width=4),
                Column("Roles", width=22),
                Column("Último ingreso", width=16),
            ),
            id="people",
        )

    def compose_body(self) -> ComposeResult:
        """The list."""
        yield self._table

    def on_mount(self) -> None:
        """Read it."""
        super().on_mount()
        self.action_read_people()

    @flow
    async def action_read_people(self) -> None:
        """F5."""
        await self._read()

    async def _read(self) -> None:
        self._rows = await self.call(list_staff)
        self._table.show_rows([(row.username, _cells(row)) for row in self._rows])
        self.refresh_commands()

    def disabled_reason(self, command: CommandClass) -> str | None:
        """Every letter but «Agregar» acts on a row."""
        acts_on_row = command in (DisablePerson, EnablePerson, ResetPerson, UnlockPerson)
        return NOBODY if acts_on_row and not self._rows else None

    def _current(self) -> StaffRow:
        key = self._table.current_key
        return next(row for row in self._rows if row.username == key)

    @flow
    async def action_new_person(self) -> None:
        """A: asked until the service takes it or the form is left."""
        from data.catalog.branches import load_branches

        dialog = AddStaffDialog(load_branches().by_code)
        given: AddStaff | None = await self.app.push_screen_wait(dialog)
        if given is None:
            return
        added = await self.call(add_staff, given)
        await self._read()
        await self._tell_password(given.username, added.temporary_password)

    @flow
    async def action_disable_person(self) -> None:
        """D."""
        effect = "No podrá ingresar; si está adentro, su sesión termina ahora."
        await self._change("Deshabilitar", effect, disable_staff, DisableStaff, "quedó deshabilitado")

    @flow
    async def action_enable_person(self) -> None:
        """H."""
        await self._change("Habilitar", "Podrá ingresar otra vez.", enable_staff, EnableStaff, "quedó habilitado")

    @flow
    async def action_unlock_person(self) -> None:
        """U."""
        await self._change("Desbloquear", "Podrá intentar de nuevo.", unlock_staff, UnlockStaff, "quedó desbloqueado")

    @flow
    async def action_reset_person(self) -> None:
        """R."""
        effect = "Recibe una contraseña temporal; su segundo factor y sus sesiones terminan."
        row = self._current()
        reset = await self._change("Restablecer", effect, reset_staff, ResetStaff, "tiene contraseña temporal")
        if reset is not None:
            await self._tell_password(row.username, reset.temporary_password)

    async def _change(
        self, title: str, effect: str, use_case: Callable[..., Any], command: Callable[..., Any], done: str
    ) -> Any:
        row = self._current()
        who = f"{row.full_name} · {row.username} · {row.roles}"
        reason = await self.app.push_screen_wait(ReasonDialog(title, REASONS, summary=(who, effect)))
        if reason is None:
            return None
        label = next(known.label for known in REASONS if known.code == reason.code)
        text = f"{label}: {reason.text}" if reason.text else label
        result = await self.shell.call(use_case, command(row.username, text))
        await self._read()
        self.say(f"{row.username} {done}.")
        return result

    async def _tell_password(self, username: str, password: Secret) -> None:
        text = (
            f"Usuario: {username}\nContraseña temporal: {password.reveal()}\n\n"
            "Dígasela a la persona ahora: no se vuelve a mostrar. Al ingresar deberá cambiarla."
        )
        await self.app.push_screen_wait(Message("Contraseña temporal", text))


def _cells(row: StaffRow) -> tuple[str, ...]:
    seen = format_datetime(row.last_sign_in) if row.last_sign_in else "—"
    return row.username, row.state, row.full_name, row.branch, row.roles, seen
