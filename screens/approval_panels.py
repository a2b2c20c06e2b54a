"""A waiting request as text: its row in the list, what would happen, why it waits and who called."""

from __future__ import annotations

from datetime import datetime, timedelta

from rich.text import Text

from data.values.money import Money
from screens.desk import age
from screens.layout import labelled
from services.approval_queue import PendingRow
from services.approval_views import ApprovalDetail
from services.moments import short_moment
from widgets.plain_table import Column
from widgets.text import safe

LIST_COLUMNS = (
    Column("Edad", width=8),
    Column("Operación", width=16),
    Column("Monto", "right", 12),
    Column("Asociado", width=14),
    Column("Registró", width=10),
    Column("Vence", width=6),
)
REDUNDANT = ("Son",)
"""The amount once more, in words: for the member's ear."""
LEFT_OUT = (*REDUNDANT, "Monto", "Detalle", "Cargo", "Resultado")
"""Lines that a question needs not repeat."""


def list_cells(row: PendingRow, now: datetime) -> tuple[str, ...]:
    """Age, marked where it is late, operation, amount, member, maker, what is left of its time."""
    return (
        f"{'▲ ' if row.late else ''}{_minutes(now - row.requested_at)}",
        row.title,
        "—" if row.amount is None else Money(row.amount).format(),
        row.member,
        row.maker,
        _minutes(row.expires_at - now),
    )


def _minutes(span: timedelta) -> str:
    return age(max(0, int(span.total_seconds() // 60)))


def asked_lines(detail: ApprovalDetail) -> tuple[str, ...]:
    """What a question names: operation, amount, member, accounts, and what changed since it was asked for."""
    row, changed = detail.row, {label for label, _, _ in detail.changes}
    lines = [_named(row)]
    lines += [f"{label}: {before} → {after}" for label, before, after in detail.differences]
    lines += [f"{label}: {value}" for label, value in detail.summary if label not in changed.union(LEFT_OUT)]
    lines += [f"▲ {label}: {before} → {after}" for label, before, after in detail.changes]
    return tuple(lines)


def _named(row: PendingRow) -> str:
    member = f"asociado {row.number} {row.member}" if row.number else row.member
    return (
        f"{row.title}: {member}" if row.amount is None else f"{row.title}: {Money(row.amount).with_symbol()}, {member}"
    )


def second_half_text(detail: ApprovalDetail, half: str) -> str:
    """What the approver tells the person; the maker told the first half."""
    if detail.row.number:
        return (
            f"Asociado {detail.row.number} {detail.row.member}\nSegunda mitad: {'  '.join(half)}\n\n"
            f"Díctela usted: no se vuelve a mostrar. La primera la dictó {detail.row.maker}; van seguidas, sin guion."
        )
    return (
        f"Usuario: {detail.row.member}\nSegunda mitad de su contraseña temporal: {half}\n\n"
        f"Dígasela a la persona ahora: no se vuelve a mostrar. La primera la dice {detail.row.maker}."
        " La contraseña es: primera mitad, guion, segunda mitad."
    )


def head_text(detail: ApprovalDetail, now: datetime) -> Text:
    """Operation, member, who asked for it when, until when."""
    row = detail.row
    asked = f"{row.maker} {short_moment(row.requested_at, now)} · vence {short_moment(row.expires_at, now)}"
    whom = f"{row.number} {row.member}" if row.number else row.member
    return safe(f"{row.title} · {whom} · {asked}", "bold")


def what_text(detail: ApprovalDetail, columns: int) -> Text:
    """What would happen now; first what changed since it was asked for, before → after."""
    changed = {label for label, _, _ in detail.changes}
    rows = [(f"▲ {label}", f"{before} → {after}") for label, before, after in detail.changes if label not in REDUNDANT]
    rows += [(label, f"{before} → {after}") for label, before, after in detail.differences]
    rows += [(label, value) for label, value in detail.summary if label not in changed.union(REDUNDANT)]
    return labelled(rows, columns)


def why_text(detail: ApprovalDetail, columns: int) -> Text:
    """Why it waits, what its maker says, how the caller was verified, the shares of the day."""
    rows = [("Por qué", reason) for reason in detail.reasons]
    rows += [("Nota", detail.note)]
    rows += [("Verificó", detail.evidence)] if detail.evidence else []
    rows += [("! Alerta", flag) for flag in detail.flags]
    rows += [("Hoy", f"{whose}: {used}") for whose, used in detail.days]
    return labelled(rows, columns)
