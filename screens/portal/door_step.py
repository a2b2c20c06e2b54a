"""What the steps of the sign-in share: what was refused leads to the first step again, with the service's one text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from screens.dialogs.message import Message
from screens.portal.base import PortalScreen
from screens.portal.portal_shell import portal_shell
from services.door_entry import SignedInMember
from services.doors import DoorClosed, DoorRefused, DoorStep

SignInAnswer = SignedInMember | DoorStep


class DoorStepScreen(PortalScreen[SignInAnswer]):
    """Answers with the next step or the member who is inside; None: back to the user."""

    def __init__(self, step: DoorStep, notice: str = "") -> None:
        """`notice`: how the member came here, told once."""
        super().__init__()
        self.step, self._notice = step, notice

    def on_mount(self) -> None:
        """Say how the member came here."""
        super().on_mount()
        if self._notice:
            self.say(self._notice)

    async def give(self, function: Callable[..., SignInAnswer], command: Any) -> None:
        """Hand something over at the door and leave with the answer; the screen has wiped it already."""
        shell = portal_shell(self)
        try:
            self.dismiss(await shell.call(function, command, shell.place))
        except DoorRefused as refused:
            shell.drop_typed_ahead()
            await self.app.push_screen_wait(Message("No se pudo ingresar", refused.user_text))
            self.dismiss(refused.again)
        except DoorClosed as closed:
            shell.drop_typed_ahead()
            await self.app.push_screen_wait(Message("Empiece de nuevo", closed.user_text))
            self.dismiss(None)
