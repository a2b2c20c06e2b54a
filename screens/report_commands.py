"""What can be done with a report, a class each."""

from __future__ import annotations

from widgets.command import Command


class PeriodBefore(Command):
    """Muestra el periodo anterior."""

    id = "period_before"
    label = "Anterior"
    keys = ("left_square_bracket", "left")
    footer = True


class PeriodAfter(Command):
    """Muestra el periodo siguiente."""

    id = "period_after"
    label = "Siguiente"
    keys = ("right_square_bracket", "right")
    footer = True


class ByDay(Command):
    """El reporte de un día."""

    id = "by_day"
    label = "Día"
    keys = ("d",)


class ByWeek(Command):
    """El reporte de una semana, de lunes a domingo."""

    id = "by_week"
    label = "Semana"
    keys = ("s",)


class ByMonth(Command):
    """El reporte de un mes."""

    id = "by_month"
    label = "Mes"
    keys = ("m",)


class ByHalf(Command):
    """El reporte de un semestre."""

    id = "by_half"
    label = "Semestre"
    keys = ("e",)


class ChooseBranch(Command):
    """Reduce el reporte a una sucursal, o lo vuelve a ampliar a toda la cooperativa."""

    id = "choose_branch"
    label = "Sucursal"
    keys = ("b",)


class TypePeriod(Command):
    """Va a un periodo que usted escribe: 23/11/2026, 11/2026, 2026-2."""

    id = "type_period"
    label = "Ir a"
    keys = ("g",)


class ReadReport(Command):
    """Vuelve a leer el reporte."""

    id = "read_report"
    label = "Actualizar"
    keys = ("f5",)


class SavePdf(Command):
    """Guarda en PDF el reporte que está en la pantalla, con su huella y marca de agua."""

    id = "save_pdf"
    label = "PDF"
    keys = ("f9",)
    footer = True


class SaveBook(Command):
    """Guarda el reporte que está en la pantalla como hoja de cálculo (XLSX), con su huella y marca de agua."""

    id = "save_book"
    label = "Hoja de cálculo"
    keys = ("x",)


class OpenReport(Command):
    """Abre el reporte marcado."""

    id = "open_report"
    label = "Abrir"
    keys = ("enter", "f2")
    footer = True
