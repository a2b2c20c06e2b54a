"""The code of one payment to somebody else: sent to a contact on record, typed here, good once (L11)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from data.secrets import Secret
from screens.portal.ask import AskSecret
from screens.portal.base import PortalPage
from screens.portal.choose import Choose
from services.one_time_codes import Destination
from services.verification_state import SentCode

HEADING = "Código de seguridad"
WAYS: tuple[tuple[Destination, str], ...] = (("email", "A mi correo registrado"), ("phone", "A mi celular registrado"))
WRONG = "El código no coincide. Revíselo, o retroceda y pida otro."
NOTE = "Escríbalo solo aquí y no se lo diga a nadie, tampoco a quien diga llamar de la Cooperativa."


async def passed_code(
    owner: PortalPage[Any],
    send: Callable[[Destination], Awaitable[SentCode]],
    check: Callable[[Secret], Awaitable[bool]],
) -> bool:
    """Let the member choose a contact, send the code, and ask for it until it is right; False when they went back."""
    while True:
        question = "¿A dónde le enviamos el código de esta operación?"
        to = await owner.app.push_screen_wait(Choose(HEADING, question, WAYS))
        if to is None:
            return False
        sent = await send("phone" if to == "phone" else "email")
        asked = f"Escriba el código que enviamos a {sent.destination}."
        if await owner.app.push_screen_wait(AskSecret(HEADING, asked, "Código", check, wrong=WRONG, note=NOTE)):
            return True
