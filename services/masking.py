"""What of a person may be seen before the caller is verified (req. 16, ASVS 8.2.3.

Rights down to the field).
"""

import functools
import re

from data.values.account_number import AccountNumber
from data.values.card_number import masked_card
from data.values.cedula import Cedula
from data.values.email_address import EmailAddress
from data.values.errors import InvalidValue
from data.values.phone import Phone
from services.text_cleaning import clean

HIDDEN = "•••"
NAME_TAIL = "••••"  # always four, so that the length of a surname does not show
NAME_LENGTH = 120
_CARD_HEAD = re.compile(r"([0-9]{4})(?![0-9])|([0-9]{4})[0-9]{9,}")


def full_name(given_names: str, surnames: str) -> str:
    """`ITZEL PÉREZ MUÑOZ`: as the screens write a person."""
    return clean(f"{given_names.strip()} {surnames.strip()}", NAME_LENGTH).upper()


def masked_name(given_names: str, surnames: str) -> str:
    """`ITZEL P••••`: the first given name and one letter, nothing else."""
    first = clean(given_names, NAME_LENGTH).split()
    initial = clean(surnames, NAME_LENGTH)[:1]
    return f"{first[0] if first else HIDDEN} {initial}{NAME_TAIL}".upper()


def masked_cedula(stored: str) -> str:
    """`8-•••-•456`."""
    try:
        return Cedula.parse(stored).masked()
    except InvalidValue:
        return HIDDEN


def masked_email(stored: str | None) -> str:
    """`i•••@example.com`, or nothing where there is none."""
    if not stored:
        return ""
    try:
        return EmailAddress.parse(stored).masked()
    except InvalidValue:
        return HIDDEN


def masked_phone(stored: str | None) -> str:
    """`6•••-••21`, or nothing where there is none."""
    if not stored:
        return ""
    try:
        return Phone.parse(stored).masked()
    except InvalidValue:
        return HIDDEN


def masked_username(username: str) -> str:
    """`Up•••••`: enough to recognise it when the member says it."""
    return f"{clean(username, NAME_LENGTH)[:2]}•••••"


@functools.lru_cache(maxsize=512)  # what is reviewed is confirmed and printed a moment later
def masked_account(number: str) -> str:
    """`06-018-•••12-1`; of a number in another form the ends only."""
    try:
        return AccountNumber.parse(number).masked()
    except InvalidValue:
        shown = clean(number, 40)
        return f"{shown[:2]}{HIDDEN}{shown[-1:]}" if len(shown) > 4 else HIDDEN


def shown_card(number: str, last4: str | None) -> str:
    """`5216-XXXX-XXXX-1234`, the most that any screen shows of a card (S91, req. 52)."""
    if last4 is None or not re.fullmatch(r"[0-9]{4}", last4):
        return "XXXX-XXXX-XXXX-XXXX"
    head = _CARD_HEAD.match(number)
    if head is None:
        return f"XXXX-XXXX-XXXX-{last4}"
    return masked_card(head[1] or head[2], last4)
