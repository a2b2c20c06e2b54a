"""A credential handed over without mail, under a supervisor who has no second factor (a demonstration's policy)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from screens.fallback_form import HalfDialog
from services.operator import Role
from tests.screens.member_desk import START, member_desk
from tests.screens.support import screen_text
from tests.services.world import PASSWORD, World


async def test_a_supervisor_without_a_second_factor_signs_with_an_empty_code(
    sqlite_world: World, tmp_path: Path
) -> None:
    world = sqlite_world
    world.uow.policy = replace(world.uow.policy, session=replace(world.uow.policy.session, second_factor_roles=()))
    desk = member_desk(world, tmp_path, access="credencial_emitida", activated_at=START)
    world.staff("sgomez", [Role.SUPERVISOR], sign_in=False, totp_sealed=None)
    async with desk.open(level=3):
        await desk.keys(f":sobre<enter>2<enter>sgomez<enter>{PASSWORD}<enter><f2>")
        assert isinstance(desk.app.screen, HalfDialog), screen_text(desk.app)
        await desk.keys("<f2><f2><f2><f2>")
        assert "Entregada en mitades." in screen_text(desk.app)
