"""Who and what the demonstration is made of: the guide's member, a cast with a story each, generated neighbours, staff.

Everything here is invented and the same on every machine; moments are minutes and days before the demo is made.
"""

from data.demo_figures.accounts import AccountFigure, MovementFigure, draw_accounts
from data.demo_figures.members import MemberFigure, load_members, portal_password
from data.demo_figures.staff import StaffFigure, demo_password, load_staff

__all__ = [
    "AccountFigure",
    "MemberFigure",
    "MovementFigure",
    "StaffFigure",
    "demo_password",
    "draw_accounts",
    "load_members",
    "load_staff",
    "portal_password",
]
