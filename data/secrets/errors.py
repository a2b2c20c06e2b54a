"""Why the secrets cannot be had, in words for the person at the terminal."""

from __future__ import annotations

_DOCTOR = "Ejecute «coop-tui doctor» para ver qué falta."


class SecretsError(Exception):
    """`code` is stable for scripts; `user_text` is Spanish and never holds a secret or a part of one."""

    code = "secrets"

    def __init__(self, user_text: str) -> None:
        self.user_text = user_text
        super().__init__(user_text)


class SecretsUnavailable(SecretsError):
    """A secret is missing, locked, damaged or lies open to others; the program stops (req. 58)."""

    code = "secrets_unavailable"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"No se pueden leer las llaves de esta cooperativa: {reason} {_DOCTOR}")


class SecretsExist(SecretsError):
    """New keys were asked for where keys are: making them anew would make the stored data unreadable."""

    code = "secrets_exist"

    def __init__(self) -> None:
        super().__init__(
            "Esta cooperativa ya tiene llaves; no se crean otras porque los datos guardados "
            "quedarían ilegibles. Use otra carpeta con --data."
        )


class SealBroken(SecretsError):
    """A sealed value was changed, belongs to another context or was sealed with another key."""

    code = "seal_broken"

    def __init__(self) -> None:
        super().__init__(
            "Un dato cifrado no corresponde a las llaves de esta cooperativa o fue alterado. "
            "No siga trabajando; avise a sistemas y ejecute «coop-tui doctor»."
        )
