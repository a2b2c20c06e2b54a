"""Short ways to the portal's door: places, members at each point of the first access, the whole way in."""

from __future__ import annotations

from datetime import date

from data.secrets import Secret
from data.values.uuid7 import uuid7
from services import first_access as fa
from services import member_sign_in as door
from services.contracts import SignContract, Signed, current_contract, sign_contract
from services.credentials import IssueCredential, issue_credential
from services.operator import Channel, Operator
from services.portal_place import PortalPlace
from services.security_questions import NewAnswer
from tests.services.access_cases import REASON, last_password
from tests.services.callers import ANSWERS
from tests.services.world import World

WEB = PortalPlace(Channel.WEB, "Firefox en Linux", "203.0.113.7")
KIOSK = PortalPlace(Channel.KIOSK, "K-1", "kiosco-018-1", branch="018")
OTHER = PortalPlace(Channel.WEB, "Firefox en Linux", "198.51.100.20")
BIRTH = date(1986, 2, 14)
USER, NEW_PASSWORD = "Uprueba01", "Mango verde en La Chorrera 7"
IMAGE_NAME = "Mi lugar"
SERVICES = frozenset({"estado_cuenta"})


def cedula(number: str = "50012") -> str:
    return f"8-700-{int(number)}"


def issued(world: World, number: str = "50012", username: str = "mrodriguez") -> tuple[Operator, int, str]:
    """An agent, a member whose access was activated, and the temporary password of their mail."""
    agent, member = world.staff(username), world.member(number)
    world.access(member, "activado", activated_at=world.clock.now())
    world.lease(agent, member, 3)
    issue_credential(IssueCredential(member, REASON, uuid7()), agent, world.uow)
    return agent, member, last_password(world)


def with_temporary(
    world: World, password: str, number: str = "50012", place: PortalPlace = WEB, birth: date = BIRTH
) -> door.SignedInMember:
    """Through the temporary door with whatever password."""
    step = door.begin(door.Begin(number), place, world.uow)
    assert step.kind == "temporary"
    command = door.GiveTemporary(step.ticket, Secret(password), cedula(number), birth)
    return door.give_temporary(command, place, world.uow)


def take(world: World, operator: Operator, step: str, current: str = "", user: str = USER) -> fa.WizardState:
    """One right step of the first access."""
    uow = world.uow
    if step == "password":
        chosen = fa.SetPassword(Secret(current), Secret(NEW_PASSWORD), Secret(NEW_PASSWORD))
        return fa.set_password(chosen, operator, uow)
    if step == "username":
        return fa.set_username(fa.SetUsername(user), operator, uow)
    if step == "image":
        return fa.set_image(fa.SetImage("faro", IMAGE_NAME), operator, uow)
    if step == "questions":
        answers = tuple(NewAnswer(question, Secret(text)) for question, text in ANSWERS.values())
        return fa.set_questions(fa.SetQuestions(answers), operator, uow)
    return fa.set_services(fa.SetServices(SERVICES), operator, uow)


WIZARD = ("password", "username", "image", "questions", "services")


def configured(world: World, number: str = "50012", username: str = "mrodriguez", user: str = USER) -> int:
    """A member who has been through the first access up to the re-login; answers the id."""
    _, member, password = issued(world, number, username)
    inside = with_temporary(world, password, number)
    for step in WIZARD:
        take(world, inside.operator, step, password, user)
    return member


def right_answer(text: str) -> Secret:
    """The answer on record to the question that the door asks."""
    from data.catalog.questions import load_questions

    return next(Secret(given) for question, given in ANSWERS.values() if load_questions().by_id[question].text == text)


def at_the_picture(world: World, user: str = USER, place: PortalPlace = WEB) -> door.DoorStep:
    """Past the question, answered right."""
    step = door.begin(door.Begin(user), place, world.uow)
    assert step.kind == "question" and step.question_text
    return door.answer(door.Answer(step.ticket, right_answer(step.question_text)), place, world.uow)


def sign_in(
    world: World, user: str = USER, place: PortalPlace = WEB, password: str = NEW_PASSWORD, remember: bool = False
) -> door.SignedInMember:
    """The whole way in, all right."""
    step = at_the_picture(world, user, place)
    return door.give_password(door.GivePassword(step.ticket, Secret(password), remember), place, world.uow)


def sign(world: World, operator: Operator) -> Signed:
    """The contract read to its end, accepted and signed by the member who is inside."""
    shown = current_contract(operator, world.uow)
    now = world.clock.now()
    return sign_contract(SignContract(shown.version, shown.text_sha256, now, now), operator, world.uow)


def member_inside(
    world: World, number: str = "50012", username: str = "mrodriguez", user: str = USER, place: PortalPlace = WEB
) -> tuple[Operator, int]:
    """A member with everything done, inside."""
    member = configured(world, number, username, user)
    operator = sign_in(world, user, place).operator
    sign(world, operator)
    return operator, member
