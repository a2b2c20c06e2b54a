"""`keys`: the cheatsheet, made from the commands themselves."""

from __future__ import annotations

import argparse

from coop_tui.cli.running import answer


def add_arguments(_name: str, _parser: argparse.ArgumentParser) -> None:
    """No options of its own."""


def run(options: argparse.Namespace) -> int:
    lines = cheatsheet_text().splitlines()
    answer(options, lines, lines)
    return 0


def cheatsheet_text() -> str:
    """The keys of every screen of the staff app, in the order in which they are met."""
    from coop_tui.commands.cheatsheet import cheatsheet
    from coop_tui.commands.staff import STAFF_COMMANDS
    from screens.audit_list import AuditList
    from screens.desk import Desk
    from screens.movements import MovementsScreen
    from screens.pay_list import PayList
    from screens.payment import PaymentScreen
    from screens.receipt import ReceiptScreen
    from screens.record import RecordScreen
    from screens.verify import VerifyScreen

    return cheatsheet(
        {
            "En todas partes": STAFF_COMMANDS,
            "Mostrador": Desk.commands(),
            "Ficha del asociado": RecordScreen.commands(),
            "Verificar": VerifyScreen.commands(),
            "Pagar": PayList.commands(),
            "Transferir y pagar": PaymentScreen.commands(),
            "Movimientos": MovementsScreen.commands(),
            "Comprobante": ReceiptScreen.commands(),
            "Auditoría": AuditList.commands(),
        }
    )
