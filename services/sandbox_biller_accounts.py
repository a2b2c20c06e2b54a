"""Whom the sandbox gateway knows: accounts that follow from the reference alone, so that a test can be repeated.

A reference that ends in 9 does not exist, one that ends in 0 owes nothing; the others owe B/.5.00 to 204.99.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from data.catalog.billers import Biller, PaymentKind
from data.values.errors import InvalidValue
from data.values.money import Money

_GIVEN: Final = ("ANA", "LUIS", "ITZEL", "JOSÉ", "YARIELA", "ROGELIO", "MARÍA", "EDGAR", "DALYS", "RUBÉN", "ENEIDA")
_FAMILY: Final = ("BATISTA", "CEDEÑO", "QUINTERO", "DE GRACIA", "SAMANIEGO", "PITTÍ", "GONZÁLEZ", "VERGARA", "NÚÑEZ")
#: Panapass accounts may be below zero (§3 of the biller list); the note tells it, no bill does.
_PREPAID: Final = ("panapass", "metro")


@dataclass(frozen=True, slots=True)
class SandboxAccount:
    """One account at a biller. `due` in centésimos, None for a recarga, where nothing is owed."""

    holder: str | None
    due: int | None
    due_date: date | None
    note: str | None


def account_of(biller: Biller, kind: PaymentKind, reference: str, today: date) -> SandboxAccount | None:
    """The account of a reference, or None where there is none."""
    if not _known_form(biller, kind, reference) or reference.endswith("9"):
        return None
    digest = int.from_bytes(hashlib.sha256(f"{biller.id}:{reference}".encode()).digest()[:8])
    if kind is PaymentKind.TOP_UP:
        note = f"Saldo: {Money(digest % 6000 - 1000).with_symbol()}" if biller.id in _PREPAID else None
        return SandboxAccount(None, None, None, note)
    holder = f"{_GIVEN[digest % len(_GIVEN)]} {_FAMILY[digest // 64 % len(_FAMILY)]}"
    if reference.endswith("0"):
        return SandboxAccount(holder, 0, None, None)
    return SandboxAccount(holder, 500 + digest % 20_000, today + timedelta(days=digest % 31 - 5), None)


def _known_form(biller: Biller, kind: PaymentKind, reference: str) -> bool:
    for one in biller.references_for(kind):
        try:
            if one.parse(reference) == reference:
                return True
        except InvalidValue:
            continue
    return False
