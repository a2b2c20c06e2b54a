"""What nobody may know is nowhere: after a session full of secrets every file, cell, screen, log line and error is
searched for them. The search itself is shown each of its kinds of prey first.
"""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from data.secrets import Secret
from data.tables import Access
from screens.desk import Desk
from screens.record import RecordScreen
from services.operator import Role
from services.security_questions import NewAnswer, set_answers
from tests.journeys.hands import Hands, at_the_keyboard
from tests.journeys.house import House, Person, portal
from tests.journeys.hunt import Hunt
from tests.journeys.words import words_of
from widgets.text import PlainText

pytestmark = pytest.mark.timeout(400)  # a whole working day at the keyboard, on a busy machine

MEMBERS = """numero,tipo,cedula,nombres,apellidos,fecha_nacimiento,correo,celular,sucursal
50012,asociado,8-700-12,Itzel,Pérez Muñoz,14/02/1986,itzel@example.com,6123-4567,018
"""
ACCOUNTS = """cuenta,socio,producto,apertura
06-018-50012-1,50012,AHORROS,26/02/1993
06-018-50012-2,50012,AHORROS,26/02/1993
"""
MOVEMENTS = """referencia,cuenta,fecha,sentido,monto,saldo
1,06-018-50012-1,01/03/1993,credito,1322.64,1322.64
"""
ANSWERS = {
    "¿Cuál es el apellido de su primer jefe?": ("primer-jefe", "Quetzalcóatl Wampum"),
    "¿Cómo se llamaba su primera mascota?": ("primera-mascota", "Zarigüeya Brínquez"),
    "¿En qué calle o barriada vivía cuando tenía diez años?": ("calle-infancia", "Vereda Xilófono"),
}
CARD = "4539 1488 0343 6467"
WRONG = "zanahoria-oblicua-nunca-mía"
WRONG_CODE = "918273"


@dataclass
class Session:
    """One scripted day: who, what is searched for, and what was written to the log meanwhile."""

    house: House
    hunt: Hunt
    records: list[str] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)


class Keeper(logging.Handler):
    """Keeps every record of the program as its log would write it, traceback and all."""

    def __init__(self, kept: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.kept = kept
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s %(args)r"))

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(self.format(record))


@pytest.fixture
def session(house: House, tmp_path: Path) -> Iterator[Session]:
    for name, content in (("socios", MEMBERS), ("cuentas", ACCOUNTS), ("movimientos", MOVEMENTS)):
        (tmp_path / f"{name}.csv").write_text(content, "utf-8")
    house.load(*(tmp_path / f"{name}.csv" for name in ("socios", "cuentas", "movimientos")))
    hunt = Hunt()
    day = Session(house, hunt)
    own = (house.open_office(), *_hired(house))
    for person in own:
        hunt.add(f"password of {person.username}", person.password)
        if person.temporary is not None:
            hunt.add(f"temporary password of {person.username}", person.temporary)
    for question, (_, answer) in ANSWERS.items():
        hunt.add(f"answer to {question}", answer)
    hunt.add("card", CARD)
    hunt.add("wrong password", WRONG)
    hunt.add("wrong code", WRONG_CODE)
    keeper, root, server = Keeper(day.records), logging.getLogger(), logging.getLogger("mail.log")
    levels = root.level, server.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    server.setLevel(logging.WARNING)  # The members' mail server is not the program.
    yield day
    root.removeHandler(keeper)
    root.setLevel(levels[0])
    server.setLevel(levels[1])


def _hired(house: House) -> tuple[Person, Person]:
    return (
        house.hire("mrodriguez", "María Rodríguez", Role.CIS_AGENT, "001", "tambor-lluvia-cerca-pino"),
        house.hire("bquintero", "Berta Quintero", Role.SUPERVISOR, "001", "espejo-harina-monte-vela"),
    )


async def test_no_secret_of_a_session_is_anywhere(
    session: Session, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, hunt = session.house, session.hunt
    the_member_asks(house)
    async with at_the_keyboard(house) as hands:
        await slips_at_the_door(hands)
        await hands.sign_in(house.people["bquintero"])
        await hands.sign_out()
        await hands.sign_in(house.people["mrodriguez"])
        await verify_with_slips(session, hands)
        await credentials(session, hands, monkeypatch)
        await what_is_refused(hands)
        await money(hands)
        await lock_and_back(hands)
        assert everywhere(session, hands) == set()  # with the write-ahead log still open
        await hands.keys("<f7>")
        await hands.sign_out()
        house.clock.advance(minutes=1)
        supervisor = house.people["bquintero"]
        assert supervisor.totp is not None
        hunt.add("second factor", supervisor.totp)
        code = supervisor.code(house.clock)
        await hands.sign_in(supervisor)
        hunt.add("code of the second factor", code)
        await hands.keys("<f6>")
        await hands.keys("<escape>")
        assert isinstance(hands.app.screen, Desk), hands.look()
    printed = capfd.readouterr()
    found = everywhere(session, hands) | hunt.in_texts([printed.out, printed.err], "terminal")
    assert found == set()
    assert house.value("SELECT count(*) FROM outbox WHERE state = 'sent' AND sealed IS NOT NULL") == 0
    assert house.value("SELECT count(*) FROM outbox WHERE state = 'sent'") >= 4


def everywhere(session: Session, hands: Hands) -> set[tuple[str, str]]:
    """The whole search: files, database, screens, log, what errors and objects say of themselves."""
    house, hunt = session.house, session.hunt
    assert house.settings.sqlite_path is not None
    vault = house.folder.parent / "llaves"
    found = hunt.in_files(house.folder, vault)
    found |= hunt.in_database(house.settings.sqlite_path)
    found |= hunt.in_texts(hands.seen, "screen")
    found |= hunt.in_texts(session.records, "log")
    found |= hunt.in_texts([f"{error!r} {error} {error.args}" for error in session.errors], "error")
    told = [repr(house.uow), repr(house.settings), repr(house.uow.secrets), repr(hands.app)]
    told += [f"{screen!r} {vars(screen)!r}" for screen in hands.app.screen_stack]
    return found | hunt.in_texts(told, "repr")


# ---------------------------------------------------------------- the session


def the_member_asks(house: House) -> None:
    member = house.member("50012")
    with house.uow.begin_system(portal(), member_id=member) as tx:
        row = Access(member_id=member, state="solicitado", route="web", request_kind="activacion", requested_at=tx.now)
        tx.session.add(row)
        set_answers(tx, member, [NewAnswer(question, Secret(text)) for question, text in ANSWERS.values()])
        tx.record("access.request", member=member)
        tx.commit()


async def slips_at_the_door(hands: Hands) -> None:
    """A wrong password, and the usual accident: the password typed where the user name belongs."""
    password = hands.house.people["mrodriguez"].password
    await hands.keys(f"mrodriguez<enter>{WRONG}<enter>")
    await hands.keys("<escape>")
    await hands.keys(f"{password}<enter>{password}<enter>")
    hands.seen.clear()  # The user's own typing stood in the field of the user name.
    await hands.keys("<escape>")


async def verify_with_slips(session: Session, hands: Hands) -> None:
    """A wrong answer, right ones, a wrong code, the right one, the call back."""
    house, hunt = session.house, session.hunt
    await hands.keys("50012<enter>")
    await hands.keys(f"v{WRONG}<enter>")
    await hands.keys(f"{ANSWERS[hands.question()][1]}<enter>")  # the other question
    if hands.question() not in ANSWERS:
        await hands.way("question")  # the first one again
    await hands.keys(f"{ANSWERS[hands.question()][1]}<enter>")
    await hands.way("code_email")
    mail = await house.post.arrival("código de un solo uso")
    code = re.search(r"\b\d{6}\b", words_of(mail))
    assert code is not None and code[0] != WRONG_CODE
    hunt.add("one-time code", code[0])
    await hands.keys(f"{WRONG_CODE}<enter>")
    await hands.keys(f"{code[0]}<enter>")
    await hands.way("callback")
    await hands.keys("1")
    assert isinstance(hands.app.screen, RecordScreen), hands.look()


async def credentials(session: Session, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    """Activated, sent again; in between the program breaks with the password in its hands."""
    house, hunt = session.house, session.hunt
    await hands.keys("a<f2>")
    first = the_password(words_of(await house.post.arrival("credenciales temporales")))
    hunt.add("temporary password", first)
    held: list[str] = []
    for broken in (RuntimeError("no"), OperationalError("INSERT", {}, sqlite3.OperationalError("disk I/O error"))):
        house.clock.advance(seconds=1)
        with monkeypatch.context() as patch:
            patch.setattr("services.credentials.place", breaking(broken, held))
            await hands.keys("c<f2>")
        session.errors.append(broken)
        await hands.keys("<escape>" if not isinstance(hands.app.screen, RecordScreen) else "<f5>")
    assert len(held) >= 2
    for at, lost in enumerate(held):
        hunt.add(f"lost password {at}", lost)
    house.clock.advance(seconds=1)
    await hands.keys("c<f2>")
    second = the_password(words_of(await house.post.arrival("credenciales temporales", count=2)))
    hunt.add("second temporary password", second)


def breaking(error: Exception, held: list[str]) -> Any:
    """A step that fails with the password among its locals, as a traceback with locals would show."""

    def place(*args: Any, **options: Any) -> None:
        secret = args[3].secret.reveal()
        held.append(secret)
        raise error

    return place


def the_password(mail: str) -> str:
    found = re.search(r"Contraseña temporal:? +(\S+)", mail)
    assert found is not None, mail
    return found[1]


async def what_is_refused(hands: Hands) -> None:
    """A card number in a note, a reason, a transfer's memo and the search box: refused, kept nowhere."""
    kept = len(hands.seen)
    await hands.keys(f"n{CARD}<enter>")
    refused = hands.look()
    assert "tarjeta" in refused.lower(), refused
    await out_of(hands)
    await hands.keys(":suspender<enter>")
    number = 1 + next(at for at, line in enumerate(lines_of(hands)) if "Otro motivo" in line)
    await hands.keys(f"{number}Robaron su tarjeta {CARD}<enter>")
    assert hands.house.state("50012") == "credencial_emitida"
    await out_of(hands)
    await hands.keys(f"t12<enter>10<tab>{CARD}<enter>")
    refused = hands.look()
    assert "tarjeta" in refused.lower(), refused
    await out_of(hands)
    await hands.keys("<f3>")
    await hands.keys(f"{CARD}<enter>")
    assert isinstance(hands.app.screen, Desk)
    await hands.keys("<escape>")
    del hands.seen[kept:]  # The agent's own typing stood in the fields.
    await hands.keys("50012<enter>")
    hands.look()


async def out_of(hands: Hands) -> None:
    """Back to the record, giving up what was typed."""
    while not isinstance(hands.app.screen, RecordScreen):
        await hands.keys("<escape>")
        if not isinstance(hands.app.screen, RecordScreen):
            await hands.keys("<f2>")


def lines_of(hands: Hands) -> list[str]:
    """The reasons on show."""
    from screens.dialogs.reason import ReasonList

    return hands.app.screen.query_one(ReasonList).plain_text.splitlines()


async def money(hands: Hands) -> None:
    """A transfer, its receipt on the screen and in files."""
    await hands.keys(":tr 1 2 75<enter><enter>")
    hands.sees("75.00")
    await hands.keys("<f9>")
    assert list((hands.house.folder / "comprobantes").glob("*.pdf"))
    await hands.keys("<escape>")


async def lock_and_back(hands: Hands) -> None:
    """F12, a wrong password, the right one."""
    await hands.keys("<f12>")
    await hands.keys(f"{WRONG}<enter>")
    await hands.keys(f"{hands.house.people['mrodriguez'].password}<enter>")
    assert isinstance(hands.app.screen, RecordScreen), hands.look()


# ---------------------------------------------------------------- the search finds what is there


@pytest.mark.parametrize("secret", ["Zarigüeya Brínquez", "h7KpW3xQm9Tz", "4539 1488 0343 6467", "481516"])
def test_the_search_finds_planted_secrets(secret: str, tmp_path: Path) -> None:
    hunt = Hunt({"it": secret})
    planted = {
        "plain": f"x {secret} y",
        "capitals": secret.upper(),
        "apart": " ".join(secret),
        "hexadecimal": secret.encode().hex(),
        "json": json.dumps({"a": secret}),
    }
    for kind, text in planted.items():
        assert hunt.in_text(text, kind) == {("it", kind)}, kind
    assert hunt.in_text("nothing of the kind", "here") == set()
    (tmp_path / "a.log").write_text(planted["plain"], "utf-8")
    assert hunt.in_files(tmp_path) == {("it", "a.log")}
    assert hunt.in_texts(["a", planted["plain"]], "screen") == {("it", "screen")}


def test_the_search_looks_into_every_cell_and_the_write_ahead_log(tmp_path: Path) -> None:
    path, hunt = tmp_path / "coop.db", Hunt({"it": "481516"})
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, body TEXT, sealed BLOB)")
        database.execute('INSERT INTO kept (body) VALUES (\'{"hash":"9481516a"}\')')
        assert hunt.in_database(path) == set()  # six digits of a longer number are none
        for values in (('{"code":"481516"}', None), (None, b"481516"), ("481516", None)):
            row = database.execute("INSERT INTO kept (body, sealed) VALUES (?, ?)", values).lastrowid
            assert hunt.in_database(path) == {("it", "table kept")}, values
            database.execute("DELETE FROM kept WHERE id = ?", (row,))
        database.execute("INSERT INTO kept (id) VALUES (481516)")
        assert hunt.in_database(path) == {("it", "table kept")}
        assert any(path.parent.glob("*-wal"))


async def test_the_search_finds_what_a_screen_a_log_and_an_error_give_away(session: Session) -> None:
    answer = ANSWERS["¿Cuál es el apellido de su primer jefe?"][1]
    async with at_the_keyboard(session.house) as hands:
        assert everywhere(session, hands) == set()
        hands.app.screen.query_one("#store-state", PlainText).show(answer)
        await hands.keys("<f1>")
        await hands.keys("<escape>")
        logging.getLogger("services").warning("answer was %s", answer)
        session.errors.append(ValueError(answer))
        places = {where for _, where in everywhere(session, hands)}
    assert {"screen", "log", "error"} <= places
