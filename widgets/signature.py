"""The three fields in which a second person signs at somebody else's desk: user name, password, code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from data.secrets import Secret
from widgets.fields import Field, SecretField
from widgets.house_input import TextInput
from widgets.secret_input import SecretInput

USERNAME_LENGTH = 40
CODE_LENGTH = 7


class OptionalSecretField(SecretField):
    """A secret that some don't have: the code of a second factor."""

    required = False


@dataclass(frozen=True)
class Signature:
    """What the second person typed; never shown or logged."""

    username: str
    password: Secret = field(repr=False)
    code: Secret | None = field(repr=False, default=None)


class SignatureFields:
    """The fields, to be put wherever a screen has room for them. The ids are `user`, `password` and `code_id`."""

    def __init__(self, *, code_id: str = "code", username: str = "") -> None:
        self.user: Field[str] = Field(
            "Supervisor", TextInput(id="user", max_length=USERNAME_LENGTH, value=username), id="f-user"
        )
        self.password = SecretField("Su contraseña", SecretInput(id="password"), id="f-password")
        self.code = OptionalSecretField("Su código", SecretInput(id=code_id, max_length=CODE_LENGTH), id=f"f-{code_id}")

    def all(self) -> list[Field[Any] | SecretField]:
        """In their order on the screen."""
        return [self.user, self.password, self.code]

    def needed(self) -> list[Field[Any] | SecretField]:
        """Without the code, which not everybody has."""
        return [self.user, self.password]

    def take(self) -> Signature:
        """What was typed; the secrets are wiped from their fields."""
        code = self.code.input.take()
        return Signature(self.user.text, Secret(self.password.input.take()), Secret(code) if code else None)
