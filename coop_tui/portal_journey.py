"""From the user name to the accounts: the guide's steps in their order (S42–S75). The services keep the order; here is
only which screen stands for which step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coop_tui.portal_app import PortalApp
    from services.door_entry import SignedInMember
    from services.doors import DoorStep
    from services.first_access import WizardState

LEFT_HALFWAY = "Lo que ya guardó quedó guardado. Cuando vuelva a ingresar seguirá en el mismo paso."
CONFIGURED = "Su acceso quedó configurado. Ingrese ahora con sus datos nuevos."


async def to_the_accounts(app: PortalApp, step: DoorStep | None, notice: str = "") -> bool:
    """Lead from the first step of the sign-in to the accounts; False when the person went back to the user."""
    signed = await sign_in(app, step, notice)
    if signed is None:
        return False
    app.begin_session(signed)
    return await finish(app)


async def sign_in(app: PortalApp, step: DoorStep | None, notice: str = "") -> SignedInMember | None:
    """Temporary data, or question, picture and password; None when the person went back."""
    from screens.portal.password import Password
    from screens.portal.question import Question
    from screens.portal.temporary import Temporary
    from services.doors import DoorStep

    screens: dict[str, Any] = {"question": Question, "image": Password, "temporary": Temporary}
    answer: DoorStep | SignedInMember | None = step
    while isinstance(answer, DoorStep):
        answer = await app.push_screen_wait(screens[answer.kind](answer, notice))
        notice = ""
    return answer


async def finish(app: PortalApp) -> bool:
    """Take the steps that are missing, in the service's order; False when the member left halfway or went back."""
    from services.first_access import next_step

    state = await app.call(next_step)
    username: str | None = None
    while state.step is not None and state.step != "relogin":
        screen = await screen_of(app, state)
        answer: WizardState | None = await app.push_screen_wait(screen)
        if answer is None:
            app.start_over(LEFT_HALFWAY)
            return False
        username = getattr(screen, "username", username)
        state = answer
    if state.step == "relogin":
        return await come_in_again(app, username)
    from screens.portal.home import Home

    app.push_screen(Home())
    return True


async def come_in_again(app: PortalApp, username: str | None) -> bool:
    """The first access is set up, and its session over: in once more with the new data (S64)."""
    app.session_gone()
    if username is None:
        app.start_over(CONFIGURED)
        return False
    from services.member_sign_in import Begin, begin

    return await to_the_accounts(app, await app.call(begin, Begin(username), app.place), CONFIGURED)


async def screen_of(app: PortalApp, state: WizardState) -> Any:
    """The screen of a step."""
    from screens.portal.change_password import MemberPassword
    from screens.portal.change_username import ChangeUsername
    from screens.portal.image import ChooseImage
    from screens.portal.questions import ChooseQuestions
    from screens.portal.services import ChooseServices
    from services.first_access import service_choices

    match state.step:
        case "password":
            return MemberPassword(state)
        case "username":
            return ChangeUsername(state, app.operator.username)
        case "image":
            return ChooseImage(state)
        case "questions":
            return ChooseQuestions(state)
        case "services":
            return ChooseServices(state, await app.call(service_choices))
        case "contract":
            from screens.portal.contract import Contract
            from services.contracts import current_contract

            return Contract(state, await app.call(current_contract))
        case other:
            raise LookupError(f"no screen for step {other}")
