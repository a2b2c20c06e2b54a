"""What every screen about a member shares: the banner, and what happens to the screen when the verification ends."""

from __future__ import annotations

from typing import ClassVar

from textual import on

from screens.base import BaseScreen, ResultT
from widgets.member_banner import MemberBanner


class MemberScreen(BaseScreen[ResultT]):
    """A screen that shows or touches what a verified caller opened.

    The verification ends by its clock, by the lock or by the service; whichever screen hears of it first, all of
    them mask what they show (req. 24).
    """

    SHOWS_MEMBER: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.shows_verified = False
        """What is on show needed a verified caller."""

    @on(MemberBanner.LeaseEnded)
    def _lease_ended(self) -> None:
        for screen in self.app.screen_stack:
            if isinstance(screen, MemberScreen):
                screen.look_at_verification()

    def on_screen_resume(self) -> None:
        """Back from another screen, perhaps from the lock, which ends the verification."""
        super().on_screen_resume()
        self.look_at_verification()

    def look_at_verification(self) -> None:
        """Mask what is on show if nobody stands verified any more."""
        if not self.shows_verified or not self.is_mounted:
            return
        served, now = self.shell.served(), self.shell.now()
        ended = served is None or not served.level or (served.lease_until is not None and served.lease_until <= now)
        if ended:
            self.shows_verified = False
            self.verification_ended()

    def verification_ended(self) -> None:
        """Take away or mask what only a verified caller may hear. For subclasses."""
