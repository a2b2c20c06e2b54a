"""The audit console: pages, review, proof, each on its key (req. 47–51, C11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from screens.audit_commands import ExportEvents, ProveEvent, ProvePeriod, ProveTrail, WatchMoment
from screens.audit_desk import AuditDesk
from screens.audit_panels import bar
from screens.flow import background_flow, flow
from screens.staff_shell import staff_shell
from services import audit_inclusion
from services.audit_filter import parse_filter
from services.audit_log import VerifyTrail, verify_trail
from services.audit_period import Period
from widgets.command import CommandClass

if TYPE_CHECKING:
    from services.audit_proof import Proof

Progress = Callable[[int, int], bool]
TICK = 0.1
EXPORTS = {"csv": "CSV", "xlsx": "XLSX (hoja de cálculo)", "jsonl": "JSON, una línea por evento", "parquet": "Parquet"}


class AuditList(AuditDesk):
    """For supervisors and auditors. Looking is an event itself."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (ProveTrail, ProvePeriod, ProveEvent, WatchMoment, ExportEvents)

    def __init__(self) -> None:
        super().__init__()
        self._verifying = False
        self._stop = False
        self._progress = (0, 0)

    def disabled_reason(self, command: CommandClass) -> str | None:
        """One proof at a time."""
        if command in (ProveTrail, ProvePeriod, ProveEvent, ExportEvents) and self._verifying:
            return "La verificación está en marcha; Esc la detiene."
        if command is ProvePeriod and self._period() is None:
            return "Ponga los días en el filtro: día:, o desde: y hasta:."
        if command is ProveEvent and (self._row is None or self._row.seq is None):
            return "El evento aún no tiene su sello; espere un momento."
        if command is WatchMoment and (self._row is None or not str(self._row.body.get("session", ""))):
            return "Ese evento no es de una sesión del personal."
        return super().disabled_reason(command)

    def _tell_value(self) -> None:
        if not self._verifying:
            super()._tell_value()

    @flow
    async def action_watch_moment(self) -> None:
        """Y."""
        from screens.recordings import open_moment

        if self._row is not None:
            await open_moment(self, str(self._row.body["session"]), self._row.at)

    def action_prove_trail(self) -> None:
        """V."""
        self._begin_proof(None)

    def action_prove_period(self) -> None:
        """W."""
        self._begin_proof(self._period())

    def _period(self) -> Period | None:
        """The days of the filter; open ends reach to the first day of the trail and to today."""
        wanted = parse_filter(self._question, self._today())
        if wanted.since is None and wanted.until is None:
            return None
        return Period(wanted.since or date(2000, 1, 1), wanted.until or self._today())

    def _begin_proof(self, period: Period | None) -> None:
        self._verifying, self._stop, self._progress = True, False, (0, 0)
        self.refresh_commands()
        self._prove(period)

    @background_flow
    async def _prove(self, period: Period | None) -> None:
        timer = self.set_interval(TICK, self._draw_progress)
        self._draw_progress()
        try:
            command = VerifyTrail(staff_shell(self).checkpoints_path, period)
            proof = await self.shell.call(verify_trail, command, progress=self._count)
        finally:
            timer.stop()
            self._verifying = False
        self._tell_value()
        self._tell(proof)
        self.refresh_commands()

    @flow
    async def action_prove_event(self) -> None:
        """E."""
        if (row := self._row) is None or row.seq is None:
            return
        shell = staff_shell(self)
        command = audit_inclusion.ProveEvent(row.seq, shell.checkpoints_path, shell.receipts_folder)
        path = await self.call(audit_inclusion.prove_event, command)
        self.say(f"Prueba del evento {row.seq} guardada: {path}")

    @flow
    async def action_export_events(self) -> None:
        """X."""
        from screens.dialogs.reason import Reason, ReasonDialog
        from services.audit_export import ExportAudit, export_audit

        kinds = [Reason(name, text, needs_text=True) for name, text in EXPORTS.items()]
        what = self._question or "Todo, sin filtro."
        given = await self.app.push_screen_wait(ReasonDialog("Exportar: formato y motivo", kinds, summary=(what,)))
        if given is None:
            return
        wanted = parse_filter(self._question, self._today())
        folder = staff_shell(self).receipts_folder
        done = await self.call(export_audit, ExportAudit(given.code, given.text, folder, wanted, self._question))
        self.say(f"{done.rows:,} eventos en {done.path.name} · huella {done.sha256[:16]}… · {folder}")

    def on_unmount(self) -> None:
        """The thread must not walk on for nobody."""
        self._stop = True

    def _count(self, done: int, total: int) -> bool:
        """Called from the walking thread: numbers only, no widget."""
        self._progress = (done, total)
        return not self._stop

    def _draw_progress(self) -> None:
        self._state(f"Verificando {bar(*self._progress)}  Esc detiene")

    def _tell(self, proof: Proof) -> None:
        if proof.intact:
            anchored = f" Puntos de control firmados: {proof.checkpoints}, hasta el evento {proof.anchored}."
            self.say(proof.summary + anchored)
        else:
            rest = len(proof.findings) - 1
            more = f" Y {rest} más." if rest else ""
            stopped = proof.findings[0].code == "stopped"
            self.say(proof.summary + more, "warning" if stopped else "error")

    async def action_back(self) -> None:
        """Esc stops a proof first."""
        if self._verifying:
            self._stop = True
        else:
            await super().action_back()
