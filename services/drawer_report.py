"""The report of a drawer that was closed: what a cashier signs and a supervisor reads (C13).

It prints the head of the audit trail at that moment: whoever keeps the paper can show later that the end of the trail
was cut off (C1).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from data.catalog.denominations import load_denominations
from data.tables import Drawer
from data.values.dates import format_datetime
from data.values.money import Money
from services.audit_trail import chain_head
from services.drawer_rows import Movement, count_of, id_of
from services.receipts import TITLES
from services.unit_of_work import Transaction

HEAD_DIGITS = 16


@dataclass(frozen=True, slots=True)
class DrawerReport:
    """`lines` are label and value, in order, as a receipt has them (see receipt_print)."""

    number: str
    lines: tuple[tuple[str, str], ...]
    copy: bool = False
    foot: str = "Firma del cajero: ____________________"
    sealed: tuple[int, str] | None = None  # a closing may be several operations: its lines have the trail's head

    @property
    def title(self) -> str:
        return "CIERRE DE CAJA — COPIA" if self.copy else "CIERRE DE CAJA"

    @property
    def file_name(self) -> str:
        return f"cierre-{self.number}"


def head_text(tx: Transaction) -> str:
    """`1234 9f86d081884c7d65`: number and first digits of the trail's last sealed event."""
    seq, head = chain_head(tx.connection)
    return f"{seq} {head.hex()[:HEAD_DIGITS]}"


def report_number(drawer: Drawer) -> str:
    """`C-0000123`."""
    return f"C-{id_of(drawer):07d}"


def report_of(drawer: Drawer, username: str, moved: Iterable[Movement], *, copy: bool = False) -> DrawerReport:
    """The report of a closed drawer."""
    counted, expected = drawer.counted or 0, drawer.expected or 0
    lines = [
        ("Cierre", report_number(drawer)),
        ("Sucursal", drawer.branch),
        ("Cajero", username),
        ("Abierta", format_datetime(drawer.opened_at)),
        ("Cerrada", format_datetime(drawer.closed_at) if drawer.closed_at else "—"),
        ("Apertura", _money(drawer.opening)),
        *_by_kind(moved),
        ("Debe haber", _money(expected)),
        ("Contado", _money(counted)),
        *_pieces(drawer),
        ("Diferencia", difference_text(counted - expected)),
        ("Conteos", str(drawer.tries)),
        ("Queda en caja", _money(drawer.kept or 0)),
        ("A la bóveda", _money(counted - (drawer.kept or 0))),
        ("Auditoría", drawer.trail or "—"),
    ]
    return DrawerReport(report_number(drawer), tuple(lines), copy)


def difference_text(difference: int) -> str:
    """`Ninguna`, `Sobran B/.5.00`, `Faltan B/.5.00`; centésimos, counted − expected."""
    if difference == 0:
        return "Ninguna"
    return f"{'Sobran' if difference > 0 else 'Faltan'} {_money(abs(difference))}"


def _by_kind(moved: Iterable[Movement]) -> list[tuple[str, str]]:
    """One line a kind and direction: how many operations, how much."""
    totals: dict[tuple[str, bool], tuple[int, int]] = {}
    for one in moved:
        place = one.kind, one.amount > 0
        number, total = totals.get(place, (0, 0))
        totals[place] = number + 1, total + one.amount
    return [
        (f"{TITLES.get(kind, kind)} ({number})", f"{'+' if total > 0 else '-'}{_money(abs(total))}")
        for (kind, _), (number, total) in totals.items()
    ]


def _pieces(drawer: Drawer) -> list[tuple[str, str]]:
    known = load_denominations().by_id
    pieces = count_of(drawer.count).pieces if drawer.count else ()
    return [
        (f"  {number} x {known[name].name}", _money(number * known[name].value.centesimos)) for name, number in pieces
    ]


def _money(amount: int) -> str:
    return Money(amount).with_symbol()
