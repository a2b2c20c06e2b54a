"""What staff may see but nobody may keep: passwords, codes, halves, enrolment secrets.

A widget that shows or takes such a thing has this class. What it covers is blank in the recording of the session, and
what is typed while it, or something in it, has the focus is kept as one «•», whatever and however much it was.
"""

from __future__ import annotations

from typing import Final

UNRECORDED: Final = "-unrecorded"
"""The class's name: `PlainText(classes=UNRECORDED)`."""
