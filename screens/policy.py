"""The policy in force in plain words, section by section; its versions, and the way to propose another (req. 48)."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal

from data.values.dates import format_datetime
from screens.base import Back, BaseScreen
from screens.flow import flow
from services.operations import Op
from services.policy_versions import PolicyView, ValueRow, VersionRow, ViewPolicy, view_policy
from widgets.command import Command, CommandClass
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText

NOT_READ = "La política todavía no se ha leído. F5 la lee otra vez."


class ProposePolicy(Command):
    """Abre el documento para proponer otra versión; otra persona la aprueba en F4."""

    id = "propose_policy"
    label = "Proponer otra"
    keys = ("p",)
    operation = Op.POLICY_PROPOSE.value


class SeeVersions(Command):
    """Muestra las versiones, quién las propuso y aprobó, y qué cambió en cada una."""

    id = "see_versions"
    label = "Versiones"
    keys = ("v",)
    operation = Op.POLICY_VIEW.value


class ReadPolicy(Command):
    """Vuelve a leer la política en vigor."""

    id = "read_policy"
    label = "Actualizar"
    keys = ("f5",)
    operation = Op.POLICY_VIEW.value
    footer = True


class PolicyScreen(BaseScreen[None]):
    """Sections on one side, what each decides on the other."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (ProposePolicy, SeeVersions, ReadPolicy, Back)
    CSS_PATH = "policy.tcss"
    AUTO_FOCUS = "#sections"
    HELP = (
        "La política en vigor: límites, minutos y derechos. Las flechas pasan de sección; Tab va a los valores."
        " Nadie la cambia solo: P propone otra versión y otra persona la aprueba."
    )

    def __init__(self) -> None:
        super().__init__()
        self._view: PolicyView | None = None
        self._sections = PlainTable((Column("Sección"),), id="sections")
        self._values = PlainTable((Column("Qué decide"), Column("Valor")), id="values")

    def compose_body(self) -> ComposeResult:
        """Which version, its sections, their values."""
        yield PlainText(id="policy-head", multiline=True)
        with Horizontal(id="policy-panes"):
            yield self._sections
            yield self._values

    def on_mount(self) -> None:
        """Read it."""
        super().on_mount()
        self.action_read_policy()

    @flow
    async def action_read_policy(self) -> None:
        """F5."""
        self._view = await self.call(view_policy, ViewPolicy())
        self.query_one("#policy-head", PlainText).show(head_of(self._view.shown))
        sections = list(dict.fromkeys(row.section for row in self._view.values))
        self._sections.show_rows([(section, (section,)) for section in sections])
        self._show_section()
        self.refresh_commands()

    @on(PlainTable.RowMarked, "#sections")
    def _show_section(self) -> None:
        if self._view is not None:
            section = self._sections.current_key
            rows = [row for row in self._view.values if row.section == section]
            self._values.show_rows([(row.place, _cells(row)) for row in rows])

    def disabled_reason(self, command: CommandClass) -> str | None:
        """There must be a text to begin with."""
        return NOT_READ if command is ProposePolicy and self._view is None else None

    def action_propose_policy(self) -> None:
        """P."""
        from screens.policy_editor import PolicyEditor

        if self._view is not None:
            self.app.push_screen(PolicyEditor(self._view.text))

    def action_see_versions(self) -> None:
        """V."""
        from screens.policy_versions import PolicyVersions

        self.app.push_screen(PolicyVersions())


def head_of(version: VersionRow) -> str:
    """Which version, since when, who answers for it."""
    who = f"propuso {version.proposed_by}, aprobó {version.approved_by}" if version.approved_by else version.source
    return f"Política {version.name} · {version.state} · vale desde el {format_datetime(version.from_at)} · {who}"


def _cells(row: ValueRow) -> tuple[str, str]:
    return row.words, row.value
