"""The record's panels as text: what the service gave, put in lines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from services.access_xray import Stage as Found
from services.account_view import AccountRow
from services.moments import short_moment
from services.records import Record
from widgets.stage_list import Stage, StageState

STATES = {
    "done": StageState.DONE,
    "now": StageState.UNDER_WAY,
    "todo": StageState.OPEN,
    "failed": StageState.FAILED,
}
MASKED = "•••"
TOLD_IN_SHORT = 3
"""Stages that get a line of their own where room is short."""


def identity_lines(record: Record, *, narrow: bool = False) -> str:
    """Identity, one fact a line, what warns before what merely informs; what is masked came masked."""
    who = record.identity
    born = f"{who.birth_date} ({who.age})" if who.age else who.birth_date
    lines = [f"Cédula   {who.cedula}", f"Nace     {born}", f"Correo   {who.email or 'no tiene'}"]
    lines.append(f"Celular  {who.phone or 'no tiene'}")
    branch, since = who.branch, f"desde {who.since}" if who.since else ""
    if narrow:  # The number says it; the name would take another line.
        lines.append(f"Sucursal {' · '.join(part for part in (branch.partition(' ')[0], since) if part)}")
    else:
        lines.append(f"Sucursal {' · '.join(part for part in (branch, since) if part)}")
    if record.verification_blocked:
        lines.append("✗ Verificación bloqueada")
    if record.image_report:
        lines.append(f"! {record.image_report}")
    lines += [f"! {flag}" for flag in record.flags]
    lines += [f"! {change}" for change in record.waiting_changes]
    lines += [f"▲ {waiting}" for waiting in record.pending]
    if record.last_verified:
        lines.append(f"Antes verificada {record.last_verified}")
    return "\n".join(lines)


def diagnosis_line(record: Record, key_of: Callable[[str], str]) -> str:
    """What is the matter with the access, and the one key that mends it (C8)."""
    access = record.access
    key = key_of(access.fix) if access.fix else ""
    return f"→ {access.diagnosis}" + (f" [{key}]" if key else "")


def access_line(record: Record) -> str:
    """User name, last visit, devices, and the last mail where it went elsewhere: what there is of it."""
    access = record.access
    facts = [f"Usuario {access.username}"] if access.username else []
    if access.last_visit:
        facts.append(f"visita {access.last_visit}")
    if access.devices:
        facts.append("1 equipo" if access.devices == 1 else f"{access.devices} equipos")
    # The stage of the credential tells how its mail went; where it went stands under «Correo» unless it was changed.
    if access.mail and not access.mail.startswith(f"{record.identity.email}:"):
        facts.append(f"correo {access.mail}")
    return " · ".join(facts)


def access_stages(record: Record, now: datetime, *, narrow: bool = False) -> list[Stage]:
    """The X-ray's stages; where room is short only where it stands and the two before are told in full."""
    found = record.access.stages
    reached = [stage.id for stage in found if stage.status != "todo"]
    current = next((stage.id for stage in found if stage.status in ("now", "failed")), None)
    if narrow and current is not None:
        until = reached.index(current) + 1
        reached = reached[max(0, until - TOLD_IN_SHORT) : until]
    elif narrow:
        reached = reached[-1:]
    return [_stage(stage, now, told=stage.id in reached) for stage in found]


def _stage(stage: Found, now: datetime, *, told: bool) -> Stage:
    if not told:
        return Stage(stage.label, STATES[stage.status])
    if stage.id == "credencial" and stage.note:
        return Stage(stage.label, STATES[stage.status], by=stage.note)  # The note tells the moment itself.
    when = short_moment(stage.at, now) if stage.at else ""
    return Stage(stage.label, STATES[stage.status], when, stage.note or stage.by or "")


def account_cells(row: AccountRow) -> tuple[str, tuple[object, ...]]:
    """One row of the accounts: number in the list, account, product, balance or a mask."""
    product = row.label if row.affiliated else f"{row.label} (no afiliada)"
    if row.status != "open":
        product = f"{product} · {row.status_label}"
    if row.held:
        product = f"{product} · retenido {row.held}"
    return str(row.account_id), (row.position, row.number, product, MASKED if row.balance is None else row.balance)
