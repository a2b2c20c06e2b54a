"""What the postings are called that move cash without a member: opening, closing, vault, from drawer to drawer."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

OPEN: Final = "drawer.open"
CLOSE: Final = "drawer.close"
FROM_VAULT: Final = "drawer.from_vault"
TO_VAULT: Final = "drawer.to_vault"
HANDOVER: Final = "drawer.handover"
VAULT_IN: Final = "vault.in"
VAULT_OUT: Final = "vault.out"

TITLES: Mapping[str, str] = MappingProxyType(
    {
        OPEN: "Apertura de caja",
        CLOSE: "Cierre de caja",
        FROM_VAULT: "Traslado de la bóveda a la caja",
        TO_VAULT: "Traslado de la caja a la bóveda",
        HANDOVER: "Traslado entre cajas",
        VAULT_IN: "Entrada de efectivo a la bóveda",
        VAULT_OUT: "Salida de efectivo de la bóveda",
    }
)
