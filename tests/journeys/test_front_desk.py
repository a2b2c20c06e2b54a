"""The first whole thing that an agent can use: find, verify, activate, mend, transfer, reverse — on imported members,
through the real app by keyboard alone, with the e-mail that a real SMTP server received.
"""

from __future__ import annotations

import json
import re
from email.message import EmailMessage
from pathlib import Path

import pytest

from coop_tui.cli import main
from data.secrets import Secret
from data.tables import Access
from screens.audit_list import AuditList
from screens.desk import Desk
from screens.record import RecordScreen
from screens.verify import VerifyScreen
from services.access_states import AccessState
from services.ledger_check import check
from services.operator import Role
from services.security_questions import NewAnswer, set_answers
from services.temporary_passwords import ALPHABET, TemporaryOutcome, check_temporary, match_temporary
from tests.journeys.hands import Hands, at_the_keyboard
from tests.journeys.house import House, portal, second_accounts
from tests.journeys.words import html_of, words_of
from tests.screens.support import NARROW, WIDE

pytestmark = pytest.mark.timeout(400)  # a whole working day at the keyboard, on a busy machine

EXTRACT = Path(__file__).resolve().parents[1] / "data" / "extract"
WHOLE = Path(__file__).resolve().parents[2].parent / "shared" / "data"
FILES = ("socios.csv", "cuentas.csv", "movimientos.csv")

ROLANDO = "50012"  # first activation, in person
ROLANDO_ACCOUNT = "06-070-50012-1"
LUZ = "50219"  # by phone, with questions
LUZ_ACCOUNT = "06-055-50219-1"
ANSWERS = {
    "¿Cuál es el apellido de su primer jefe?": ("primer-jefe", "Samudio"),
    "¿En qué calle o barriada vivía cuando tenía diez años?": ("calle-infancia", "Calle Doce"),
    "¿Cuál fue su deporte favorito en la escuela secundaria?": ("deporte-secundaria", "Béisbol"),
}
CREDENTIALS = "Sus credenciales temporales"
CODE = "Su código de un solo uso"
LOOKS = ("member.find", "record.view", "movements.view", "receipt.view", "timeline.view", "outbox.deferred")


def folder_of(data_set: str) -> Path:
    if data_set == "extract":
        return EXTRACT
    if not all((WHOLE / name).is_file() for name in FILES):
        pytest.skip("the whole data set does not lie beside the checkout")
    return WHOLE


@pytest.fixture
def staffed(house: House, tmp_path: Path, request: pytest.FixtureRequest) -> House:
    """Members, accounts and movements imported; a cashier, an agent of the CIS and a supervisor hired."""
    source = folder_of(request.param)
    house.load(*(source / name for name in FILES))
    more = [("06-070-50012-2", ROLANDO), ("06-055-50219-2", LUZ)]
    house.load(second_accounts(tmp_path, more))
    house.open_office()
    house.hire("lbatista", "Luis Batista", Role.CASHIER, "018", "canoa-ceniza-farol-limite")
    house.hire("mrodriguez", "María Rodríguez", Role.CIS_AGENT, "001", "tambor-lluvia-cerca-pino")
    house.hire("bquintero", "Berta Quintero", Role.SUPERVISOR, "018", "espejo-harina-monte-vela")
    return house


@pytest.mark.parametrize(
    ("staffed", "size"), [("extract", NARROW), ("whole", WIDE)], indirect=["staffed"], ids=["extract", "whole"]
)
async def test_the_front_desk(
    staffed: House, size: tuple[int, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house = staffed
    async with at_the_keyboard(house, size) as hands:
        await hands.sign_in(house.people["lbatista"])
        await find_in_every_spelling(hands)
        await register_the_request(hands)
        await verify_in_person(hands, ROLANDO, "11-514-111")
        first = await activate(hands)
        second = await resend(hands, first)
        await lock_out_and_unlock(hands, first)
        the_member_signs_in(house, second)
        await reset_questions(hands)
        await transfer(hands)
        await hands.keys("<f7>")
        await hands.sign_out()

        await hands.sign_in(house.people["mrodriguez"])
        await activate_by_phone(hands)
        await hands.sign_out()

        house.clock.advance(minutes=1)
        await hands.sign_in(house.people["bquintero"])  # registers the second factor
        await hands.sign_out()
        house.clock.advance(minutes=1)
        await hands.sign_in(house.people["bquintero"])  # asked for it
        await reverse(hands)
        await read_the_audit(hands)
        await hands.sign_out()
    the_trail_tells_it_all(house)
    assert check(house.uow) == ()
    proven_from_outside(house, capsys)


# ---------------------------------------------------------------- find


async def find_in_every_spelling(hands: Hands) -> None:
    """Number, cédula and account lead to one record, which is masked."""
    spellings = (
        "50012",
        "0050012",
        "11-514-111",
        "11 514 111",
        "11-0514 000111",
        "06-070-50012-1",
        "06 070 50012 1",
        "06070500121",
    )
    for typed in spellings:
        await hands.keys(f"{typed}<enter>")
        assert isinstance(hands.app.screen, RecordScreen), (typed, hands.look())
        hands.sees("50012")
        hands.sees_not("11-514-111", "Añino", "rolando.perez50012", "6579-5840", "20/02/1981", "26,983", "26983")
        await hands.keys("<escape>")
    await hands.keys("11-514-112<enter>")
    assert isinstance(hands.app.screen, Desk)
    await hands.keys("<escape>")


# ---------------------------------------------------------------- the request and its verification


async def register_the_request(hands: Hands) -> None:
    """The member asks at the counter; the queue of the desk shows them; Enter there opens the record."""
    await hands.keys("50012<enter>")
    await hands.keys(":solicitar<enter>")
    await hands.keys("2<f2>")
    hands.sees("Solicitud registrada")
    assert hands.house.state(ROLANDO) == "solicitado"
    await hands.keys("<f3>")
    hands.sees("Esperan activación · 1")
    await hands.keys("<down><enter>")
    assert isinstance(hands.app.screen, RecordScreen), hands.look()


async def verify_in_person(hands: Hands, number: str, cedula: str) -> None:
    """The cédula in hand and a code to the e-mail on record: N3 in a branch."""
    await hands.keys("v")
    await hands.way("in_person")
    await hands.keys(f"{cedula}<enter>")
    await code_by_mail(hands, number)
    assert isinstance(hands.app.screen, RecordScreen), hands.look()
    hands.sees(cedula)


async def code_by_mail(hands: Hands, number: str) -> None:
    """Send a code, read it in the member's mail, type what they say."""
    to = hands.house.value("SELECT email FROM member WHERE number = :number", number=number)
    already = len(hands.house.post.mails(CODE, to))
    await hands.way("code_email")
    mail = await hands.house.post.arrival(CODE, to, count=already + 1)
    code = re.search(r"\b\d{6}\b", words_of(mail))
    assert code is not None
    await hands.keys(f"{code[0]}<enter>")


# ---------------------------------------------------------------- the credentials


async def activate(hands: Hands) -> str:
    """One key and F2; after some minutes of talk the password is asked for. Answers the temporary password."""
    await hands.stay(6)
    await hands.keys("a<f2>")
    await hands.keys(f"{hands.house.people['lbatista'].password}<enter>")
    hands.sees("✓ Credencial", "correo")
    assert hands.house.state(ROLANDO) == "credencial_emitida"
    mail = await hands.house.post.arrival(CREDENTIALS, "rolando.perez50012")
    await hands.comes("enviado")
    return the_letter(hands.house, mail, ROLANDO)


def the_letter(house: House, mail: EmailMessage, number: str) -> str:
    """Spanish, user, temporary password, button, validity; the store holds nothing but a hash of the password."""
    plain, html = words_of(mail), html_of(mail)
    assert mail["Content-Language"] == "es-PA" and "Su acceso a Cooperativa en Línea está listo" in plain
    found = re.search(r"Contraseña temporal:? +(\S+)", plain)
    user = re.search(r"Usuario:? +(\S+)", plain)
    assert found is not None and user is not None and user[1] == number
    password = found[1]
    assert len(password) == house.uow.policy.credential.length >= 12 and set(password) <= set(ALPHABET)
    assert any(char.isupper() for char in password) and any(char.isdigit() for char in password)
    button = re.search(r'<a[^>]+href="(https://[^"]+)"[^>]*>\s*Ingresar\s*</a>', html)
    assert button is not None and password in html and number in html
    assert re.search(r"Válida hasta:? +24/11/2026 \d\d:\d\d", plain) and "205-0911" in plain
    newest = house.rows(
        "SELECT secret_hash FROM temporary_credential WHERE member_id = :id ORDER BY issued_at DESC, id DESC",
        id=house.member(number),
    )[0]["secret_hash"]
    assert house.uow.hasher.verify(newest, password)
    nowhere_in_the_store(house, password)
    return password


def nowhere_in_the_store(house: House, secret: str) -> None:
    """No file of the data folder holds it, database and journal included."""
    for path in house.folder.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path.name


async def resend(hands: Hands, former: str) -> str:
    """Two keys; the former password is dead from that moment."""
    house = hands.house
    house.clock.advance(seconds=1)
    await hands.keys("c<f2>")
    hands.sees("✓ Credencial", "correo")
    mail = await house.post.arrival(CREDENTIALS, "rolando.perez50012", count=2)
    password = the_letter(house, mail, ROLANDO)
    assert password != former
    assert try_to_enter(house, former) is TemporaryOutcome.WRONG
    return password


def try_to_enter(house: House, password: str) -> TemporaryOutcome:
    """What the portal does with a user name and a password."""
    member = house.member(ROLANDO)
    match = match_temporary(member, Secret(password), house.uow)
    with house.uow.begin_system(portal(), member_id=member) as tx:
        outcome = check_temporary(tx, member, match).outcome
        tx.commit()
    return outcome


async def lock_out_and_unlock(hands: Hands, former: str) -> None:
    """Five wrong passwords block the access; the agent sees it and lifts it with two keys."""
    for _ in range(4):  # the former password of the resend was the first
        assert try_to_enter(hands.house, former) is TemporaryOutcome.WRONG
    assert hands.house.state(ROLANDO) == "bloqueado"
    await hands.keys("<f5>")
    hands.sees("bloqueado")
    await hands.keys("d<f2>")
    hands.sees("Acceso desbloqueado.")
    assert hands.house.state(ROLANDO) == "credencial_emitida"
    await hands.house.post.arrival("fue desbloqueado", "rolando.perez50012")


def the_member_signs_in(house: House, password: str) -> None:
    """At the portal: the second mail's password works, once; then they choose their questions."""
    assert try_to_enter(house, password) is TemporaryOutcome.ACCEPTED
    assert try_to_enter(house, password) is TemporaryOutcome.USED
    assert house.state(ROLANDO) == "primer_acceso"
    choose_questions(house, ROLANDO)


def choose_questions(house: House, number: str) -> None:
    member = house.member(number)
    with house.uow.begin_system(portal(), member_id=member) as tx:
        set_answers(tx, member, [NewAnswer(question, Secret(text)) for question, text in ANSWERS.values()])
        access = tx.session.get(Access, member)
        if access is not None:
            access.questions_at = tx.now
            tx.session.add(access)
        tx.record("questions.set", member=member)
        tx.commit()


async def reset_questions(hands: Hands) -> None:
    await hands.keys("<f5>p<f2>")
    hands.sees("Preguntas borradas")
    left = hands.house.value(
        "SELECT count(*) FROM security_answer WHERE member_id = :id", id=hands.house.member(ROLANDO)
    )
    assert left == 0
    await hands.house.post.arrival("preguntas de seguridad fueron borradas", "rolando.perez50012")


# ---------------------------------------------------------------- money


async def transfer(hands: Hands) -> None:
    """`tr 1 2 75` and two Enter; the receipt stands on the screen and, with F9, in two private files."""
    house = hands.house
    before = house.balances(ROLANDO)
    await hands.keys(":tr 1 2 75<enter><enter>")
    hands.sees("COMPROBANTE", "75.00", "setenta y cinco")
    after = house.balances(ROLANDO)
    assert {number: after[number] - before[number] for number in after} == {
        ROLANDO_ACCOUNT: -75_00,
        "06-070-50012-2": 75_00,
    }
    await hands.keys("<f9>")
    hands.sees("Guardado en")
    kept = sorted((house.folder / "comprobantes").iterdir())
    assert {path.suffix for path in kept} == {".pdf", ".txt"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept)
    await hands.keys("<escape>")
    assert isinstance(hands.app.screen, RecordScreen), hands.look()
    await hands.keys("m")
    hands.sees("75.00")
    await hands.keys("<escape>")


# ---------------------------------------------------------------- by phone


async def activate_by_phone(hands: Hands) -> None:
    """Questions, a code by mail, a call back to the number on record: N3 without seeing the person."""
    house = hands.house
    member = house.member(LUZ)
    with house.uow.begin_system(portal(), member_id=member) as tx:
        tx.session.add(
            Access(
                member_id=member,
                state=AccessState.REQUESTED.value,
                route="web",
                request_kind="activacion",
                requested_at=tx.now,
            )
        )
        tx.record("access.request", member=member)
        tx.commit()
    choose_questions(house, LUZ)
    await hands.keys(f"{LUZ_ACCOUNT}<enter>")
    await hands.keys("v")
    for _ in range(2):
        await hands.keys(f"{ANSWERS[hands.question()][1]}<enter>")
    await code_by_mail(hands, LUZ)
    assert isinstance(hands.app.screen, VerifyScreen), hands.look()
    await hands.way("callback")
    hands.sees("6576-8736")
    await hands.keys("1")
    assert isinstance(hands.app.screen, RecordScreen), hands.look()
    await hands.keys("a<f2>")
    hands.sees("✓ Credencial", "correo")
    mail = await house.post.arrival(CREDENTIALS, "luz.guiraud50219")
    the_letter(house, mail, LUZ)
    await hands.comes("enviado")
    await hands.keys("<f7>")
    assert isinstance(hands.app.screen, Desk)


# ---------------------------------------------------------------- the supervisor


async def reverse(hands: Hands) -> None:
    """A supervisor finds by name, verifies, and undoes the cashier's transfer by another operation."""
    house = hands.house
    before = house.balances(ROLANDO)
    await hands.keys("rolando alvaro peres anino<enter>")
    assert isinstance(hands.app.screen, RecordScreen), hands.look()
    hands.sees("50012")
    await hands.keys("v")
    await hands.way("in_person")
    await hands.keys("11-514-111<enter><escape>")
    await hands.keys("m<enter>")
    hands.sees("COPIA", "75.00")
    await hands.keys("r1<f2>")
    hands.sees("Reversada: comprobante")
    after = house.balances(ROLANDO)
    assert {number: after[number] - before[number] for number in after} == {
        ROLANDO_ACCOUNT: 75_00,
        "06-070-50012-2": -75_00,
    }
    await hands.keys("<escape><escape><f7>")
    assert isinstance(hands.app.screen, Desk), hands.look()


async def read_the_audit(hands: Hands) -> None:
    """The plain list tells who did what, and proves itself on one key."""
    await hands.keys("<f6>")
    assert isinstance(hands.app.screen, AuditList), hands.look()
    hands.sees("Reversó una operación")
    for action, words in (
        ("access.activate", "Activó el acceso"),
        ("access.unlock", "Desbloqueó el acceso"),
        ("questions.reset", "Reinició las preguntas"),
    ):
        await hands.keys(f"<f3>socio:{ROLANDO} agente:lbatista accion:{action}<enter>")
        hands.sees(words, ROLANDO, "hecho")
    await hands.keys("v")
    await hands.comes("Íntegra hasta el evento")
    await hands.keys("<escape>")


# ---------------------------------------------------------------- what stays


def the_trail_tells_it_all(house: House) -> None:
    """Every step in its order, with who did it, about whom, and in which case."""
    told = [
        (event["action"], event["user"])
        for event in house.events(ROLANDO, leave_out=LOOKS)
        if event["result"] == "ok" and event["user"] != "entregas"
    ]
    wanted = [
        ("access.request", "lbatista"),
        ("verification.begin", "lbatista"),
        ("verification.code_sent", "lbatista"),
        ("access.activate", "lbatista"),
        ("credential.issue", "lbatista"),
        ("access.unlock", "lbatista"),
        ("access.temporary_sign_in", "portal"),
        ("questions.set", "portal"),
        ("questions.reset", "lbatista"),
        ("transfer.own", "lbatista"),
        ("case.close", "lbatista"),
        ("operation.reverse", "bquintero"),
    ]
    assert subsequence(wanted, told), told
    by_phone = [(event["action"], event["user"]) for event in house.events(LUZ, leave_out=LOOKS)]
    steps = ("verification.begin", "verification.code_sent", "verification.callback_number", "access.activate")
    assert subsequence([(step, "mrodriguez") for step in steps], by_phone), by_phone
    staff_acts = [event for event in house.events(ROLANDO) if event["user"] in ("lbatista", "bquintero")]
    acts = [event for event in staff_acts if event["action"] in {step for step, _ in wanted}]
    assert all(event["actor"].startswith("staff:") and event["branch"] == "018" for event in staff_acts)
    assert all(event.get("case") for event in acts if event["result"] == "ok"), acts
    reasons = [event for event in acts if event["action"].split(".")[0] in ("access", "credential", "questions")]
    assert all(event.get("reason") for event in reasons if event["action"] != "access.request"), reasons


def subsequence(wanted: list[tuple[str, str]], told: list[tuple[str, str]]) -> bool:
    rest = iter(told)
    return all(step in rest for step in wanted)


def proven_from_outside(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """The commands that a cooperative's auditor runs."""
    capsys.readouterr()
    data = ["--data", str(house.folder), "--json"]
    assert main([*data, "ledger", "check"]) == 0
    assert main([*data, "audit", "checkpoint"]) == 0
    assert main([*data, "audit", "verify"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert answers[0]["data"] == [] and answers[-1]["data"]["intact"] is True
