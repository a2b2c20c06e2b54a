"""Who works here: disable and unlock at once; what gives rights is proposed, another person decides it (req. 10–14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual.app import ComposeResult

from data.values.dates import format_datetime
from data.values.uuid7 import uuid7
from screens.base import Back, BaseScreen
from screens.dialogs.add_staff import AddStaffDialog
from screens.dialogs.message import Message
from screens.dialogs.reason import Reason, ReasonDialog
from screens.dialogs.rights_form import RightsDialog
from screens.flow import flow
from services.operations import Op
from services.proposals import Propose, Proposed, propose
from services.staff import DisableStaff, StaffRow, UnlockStaff, disable_staff, list_staff, unlock_staff
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
    """Propone a una persona nueva. La primera mitad de su contraseña temporal se muestra una sola vez."""

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


class ChangePerson(Command):
    """Propone otros roles, sucursal, horario o topes para la persona de la fila."""

    id = "change_person"
    label = "Cambiar"
    keys = ("c",)
    operation = Op.STAFF_MANAGE.value


class EnablePerson(Command):
    """Propone habilitar otra vez a la persona de la fila."""

    id = "enable_person"
    label = "Habilitar"
    keys = ("h",)
    operation = Op.STAFF_MANAGE.value


class ResetPerson(Command):
    """Propone una contraseña temporal nueva y quitar el segundo factor. Su primera mitad se muestra una sola vez."""

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


class OpenSessions(Command):
    """Muestra quién está adentro y dónde; ahí se cierra una sesión al instante."""

    id = "open_sessions"
    label = "Sesiones"
    keys = ("s",)
    operation = Op.STAFF_VIEW.value


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
        ChangePerson,
        DisablePerson,
        EnablePerson,
        ResetPerson,
        UnlockPerson,
        OpenSessions,
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
        acts_on_row = command in (ChangePerson, DisablePerson, EnablePerson, ResetPerson, UnlockPerson)
        return NOBODY if acts_on_row and not self._rows else None

    def _current(self) -> StaffRow:
        key = self._table.current_key
        return next(row for row in self._rows if row.username == key)

    @flow
    async def action_new_person(self) -> None:
        """A."""
        given = await self.app.push_screen_wait(AddStaffDialog())
        if given is not None:
            await self._propose(given.command, given.reason, given.command.username)

    @flow
    async def action_change_person(self) -> None:
        """C."""
        row = self._current()
        given = await self.app.push_screen_wait(RightsDialog(row.username, row.full_name, row.rights))
        if given is not None:
            await self._propose(given.command, given.reason, row.username)

    @flow
    async def action_disable_person(self) -> None:
        """D."""
        effect = "No podrá ingresar; si está adentro, su sesión termina ahora."
        await self._change("Deshabilitar", effect, disable_staff, DisableStaff, "quedó deshabilitado")

    @flow
    async def action_enable_person(self) -> None:
        """H."""
        from services.staff_rights import EnablePerson as Enable

        row = self._current()
        reason = await self._ask_reason("Proponer que se habilite", "Podrá ingresar cuando otra persona lo apruebe.")
        if reason:
            await self._propose(Enable(row.username), reason, row.username)

    def action_open_sessions(self) -> None:
        """S."""
        from screens.live_sessions import LiveSessions

        self.app.push_screen(LiveSessions())

    @flow
    async def action_unlock_person(self) -> None:
        """U."""
        await self._change("Desbloquear", "Podrá intentar de nuevo.", unlock_staff, UnlockStaff, "quedó desbloqueado")

    @flow
    async def action_reset_person(self) -> None:
        """R."""
        from services.staff_rights import ResetPerson as Reset

        row = self._current()
        effect = "Al aprobarse: contraseña temporal en dos mitades; su segundo factor y sus sesiones terminan."
        reason = await self._ask_reason("Proponer que se restablezca", effect)
        if reason:
            await self._propose(Reset(row.username), reason, row.username)

    async def _propose(self, command: Any, reason: str, username: str) -> None:
        proposed: Proposed = await self.shell.call(propose, Propose(command, reason, uuid7()))
        if proposed.told is not None:
            text = (
                f"Usuario: {username}\nPrimera mitad de la contraseña temporal: {proposed.told.reveal()}\n\n"
                "Dígasela a la persona: no se vuelve a mostrar. La segunda mitad la dice quien lo apruebe."
            )
            await self.app.push_screen_wait(Message("Primera mitad", text, secret=True))
        await self._read()
        self.say(f"{username}: propuesto. Vale cuando otra persona lo apruebe (F4).")

    async def _ask_reason(self, title: str, effect: str) -> str:
        """Why, or nothing when it is left."""
        row = self._current()
        who = f"{row.full_name} · {row.username} · {row.roles}"
        reason = await self.app.push_screen_wait(ReasonDialog(title, REASONS, summary=(who, effect)))
        if reason is None:
            return ""
        label = next(known.label for known in REASONS if known.code == reason.code)
        return f"{label}: {reason.text}" if reason.text else label

    async def _change(
        self, title: str, effect: str, use_case: Callable[..., Any], command: Callable[..., Any], done: str
    ) -> None:
        row = self._current()
        reason = await self._ask_reason(title, effect)
        if reason:
            await self.shell.call(use_case, command(row.username, reason))
            await self._read()
            self.say(f"{row.username} {done}.")


def _cells(row: StaffRow) -> tuple[str, ...]:
    seen = format_datetime(row.last_sign_in) if row.last_sign_in else "—"
    return row.username, row.state, row.full_name, row.branch, row.roles, seen
