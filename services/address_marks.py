"""A mark that stands for an e-mail or phone in the trail: equal ones are equal, and none can be read (C16)."""

from data.secrets.box import hmac
from services.text_cleaning import fold
from services.unit_of_work import Transaction


def address_mark(tx: Transaction, address: str) -> str:
    """16 hex digits, keyed by the store."""
    return hmac(tx.secrets.pepper, "coop-tui address 1", fold(address).encode("utf-8", "surrogatepass")).hex()[:16]
