"""The second factor of staff: a time-based code from their phone (RFC 6238, req. 11, A7).

The secret is sealed with the store's data key. A code is good once: the step that it belonged to is kept, and only a
later one is taken.
"""

import hmac
import re
from datetime import datetime
from typing import Final

from data.secrets import Secret, Secrets
from data.secrets.box import open_, seal
from data.tables import Staff
from services.policy import SessionPolicy

ISSUER: Final = "Cooperativa"  # short: with a long user the picture must still fit 22 rows
WINDOW: Final = 1
"""Steps of 30 s to either side of now that are taken: phones run fast or slow."""
MAX_ROWS: Final = 22
_SECRET: Final = re.compile(r"[A-Z2-7]{32}")  # 160 bits, as RFC 4226 recommends
_CODE: Final = re.compile(r"[0-9]{6}")
_HALVES: Final = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def required(staff: Staff, policy: SessionPolicy) -> bool:
    """Whether one of the person's roles asks for a second factor."""
    return bool(set(staff.roles.split()) & set(policy.second_factor_roles))


def new_secret() -> Secret:
    """160 random bits in base32."""
    import pyotp

    return Secret(pyotp.random_base32())


def well_formed(secret: Secret) -> bool:
    """Whether this is a secret as `new_secret` makes them."""
    return bool(_SECRET.fullmatch(secret.reveal()))


def provisioning_uri(secret: Secret, username: str) -> Secret:
    """The `otpauth://` address that a phone reads. It holds the secret."""
    import pyotp

    return Secret(pyotp.TOTP(secret.reveal()).provisioning_uri(name=username, issuer_name=ISSUER))


def seal_secret(secrets: Secrets, staff_id: int, secret: Secret) -> bytes:
    """What is stored: bound to the person, so that a copy in another row does not open."""
    return seal(secrets.data_key, secret.reveal().encode(), _context(staff_id))


def unseal_secret(secrets: Secrets, staff_id: int, sealed: bytes) -> Secret:
    """The stored secret. Raises SealBroken."""
    return Secret(open_(secrets.data_key, sealed, _context(staff_id)).decode())


def matching_step(secret: Secret, code: Secret, now: datetime, last_step: int | None) -> int | None:
    """The step (30 s since 1970) that `code` belongs to, if it is near now and later than `last_step`; else None."""
    import pyotp

    typed = code.reveal().replace(" ", "")
    if not _CODE.fullmatch(typed):
        return None
    totp = pyotp.TOTP(secret.reveal())
    present = totp.timecode(now)
    for step in range(present - WINDOW, present + WINDOW + 1):
        fresh = last_step is None or step > last_step
        if hmac.compare_digest(totp.generate_otp(step), typed) and fresh:
            return step
    return None


def qr_rows(uri: Secret) -> tuple[str, ...]:
    """A QR code for the terminal, at most 22 rows of equal width, two modules to a row.

    Ink (`█▀▄`) is what must be dark and blanks are light, margin included: draw it black on white, whatever the theme.
    """
    import segno

    code = segno.make(uri.reveal(), error="l", micro=False, boost_error=False)
    margin = next(m for m in (2, 1) if code.symbol_size(border=m)[1] <= 2 * MAX_ROWS)
    modules = [[bool(dark) for dark in row] for row in code.matrix_iter(border=margin)]
    if len(modules) % 2:
        modules.append([False] * len(modules[0]))
    pairs = zip(modules[::2], modules[1::2], strict=True)
    return tuple("".join(_HALVES[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in pairs)


def _context(staff_id: int) -> str:
    return f"staff:{staff_id}:totp"
