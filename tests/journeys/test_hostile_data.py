"""Whatever a file, a member or an agent puts into a field, every screen shows it as plain characters (req. 55).

The rows are written straight into the store, so that nothing has cleaned them; an agent types and pastes the same into
every field that takes text. All screens of the program are visited: a new one that is not fails the test.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import pkgutil
import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from textual import events
from textual.widgets import DataTable, Input

import screens
from coop_tui.app import StaffApp
from data.engine import writing
from data.name_index import index_names
from data.tables import ContactChange, Favourite, MemberNote, RememberedDevice
from data.values.text import UNSAFE_CATEGORIES
from data.values.uuid7 import uuid7
from screens.base import BaseScreen
from screens.desk import Desk
from screens.dialogs.help import Help
from screens.record import RecordScreen
from screens.sign_in import SignIn
from services.drawer_moves import MoveVault, move_vault
from services.imports import ImportFiles, ImportRefused, import_files
from services.operations import Op
from services.operator import Role, system_operator
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare
from services.policy import packaged_policy
from services.policy_trail import adopt_policy
from tests.screens.member_desk import MemberDesk
from tests.screens.recordings import recordable
from tests.screens.staff import Steps, at_rest, enter, staff_app
from tests.screens.support import NARROW, WIDE, burst, running, settle, toasts
from tests.services.callers import give_answers
from tests.services.counters import in_notes
from tests.services.world import World
from widgets.house_input import HouseInput

pytestmark = pytest.mark.timeout(400)  # a whole working day at the keyboard, on a busy machine

ESCAPES = "\x1b[31mrojo\x1b[0m\x1b]52;c;c2VjcmV0bw==\x07\x9b2J\x1b]0;título\x07\x1b]8;;https://x.example\x07aquí"
MARKUP = "[@click=app.quit]salir[/] [/] [b]Ana[/b] [link=https://x.example]y[/link] [on red]\\[ ]"
BIDI = "\u202eoiciffo\u202c\u2066x\u2069\u200f\u200b\ufeff\u2028\u2029"
LONG = "Ñ" * 10_000
OTHER = "\x00\r\n\t\ud83d👩‍👩‍👧‍👦 ﷽ 漢字漢字 e\u0301\u0301\u0301 {{ 7*7 }} %s {0} ${x} '; DROP TABLE member;--"
STORABLE = OTHER.replace("\x00", "\x01").replace("\ud83d", "\ufffd")
HOSTILE = (ESCAPES, MARKUP, BIDI, LONG, STORABLE)
EVERYTHING = f"{ESCAPES} {MARKUP} {BIDI} {STORABLE} {LONG}"
NUMBER = "50012"
ALL_ROLES = (Role.CASHIER, Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR, Role.COMPLIANCE)


def every_screen() -> set[str]:
    """The names of the staff's screens that are ever shown themselves; the members' have a test of their own."""
    for module in pkgutil.walk_packages(screens.__path__, "screens."):
        importlib.import_module(module.name)

    def below(base: type[Any]) -> Iterator[type[Any]]:
        for kind in base.__subclasses__():
            yield kind
            yield from below(kind)

    own = (kind for kind in below(BaseScreen) if kind.__module__.startswith("screens."))
    own = (kind for kind in own if not kind.__module__.startswith("screens.portal."))
    return {kind.__name__ for kind in own if not kind.__subclasses__()}


ELSEWHERE = {
    "ApprovalDialog": "visited by the tests of the payment form; its text goes through PlainText",
    "HalfDialog": "shows a generated password only",
    "Message": "shown with what the staff list gives; its text goes through PlainText",
    "PolicyEditor": "shows the policy document, cleaned line by line; visited by its own tests",
    "PolicyTerms": "shows the policy's values; its text goes through PlainText",
    "PasswordDialog": "its text is the program's own",
    "AddStaffDialog": "visited by the staff list's tests",
    "RightsDialog": "visited by the staff list's tests; its text goes through PlainText and inputs",
}
"""Screens that no path of this test reaches, with the reason why nothing hostile can."""


# ---------------------------------------------------------------- the store


@pytest.fixture
def world(sqlite_world: World) -> World:
    return sqlite_world


def hostile_desk(world: World, folder: Path, state: str, size: tuple[int, int]) -> MemberDesk:
    """One member, the person at the desk and everything around them made of hostile text."""
    adopt_policy(world.uow, packaged_policy(), source="packaged")
    staff = world.staff("todo", ALL_ROLES, branch="018", sign_in=False, full_name=EVERYTHING)
    world.staff("otra", [Role.SUPERVISOR], sign_in=False, full_name=MARKUP)
    member = world.member(
        NUMBER,
        given_names=f"{ESCAPES} {MARKUP}",
        surnames=f"{BIDI} {STORABLE}",
        email=f"{MARKUP}@example.com",
        phone="+50761234567",
        branch=MARKUP,
    )
    namesake = world.member("50013", given_names=f"Ana {ESCAPES}", surnames=MARKUP, cedula=f"{MARKUP}{ESCAPES}")
    twin = world.member("50014", given_names=f"Ana {BIDI}", surnames=LONG, cedula=BIDI)
    with writing(world.engine).begin() as connection:
        index_names(connection, [member, namesake, twin])
    world.access(namesake)
    world.access(
        member,
        state,
        route=MARKUP,
        username=EVERYTHING,
        image_id=MARKUP,
        image_name=EVERYTHING,
        image_at=world.clock.now(),
        questions_at=world.clock.now(),
        blocked_reason=ESCAPES if state == "bloqueado" else None,
        blocked_at=world.clock.now() if state == "bloqueado" else None,
        state_before_block="activo" if state == "bloqueado" else None,
    )
    give_answers(world, member)
    first = world.account(member, balance=1_000_00, label="[b]A[/b]", number="06-018-[/]-1")
    second = world.account(member, label="[@click=app.quit]B[/]", number="06-018-50012-2")
    world.account(member, label=LONG, number=BIDI)
    around(world, member, member_staff=1)
    move_money(world, member, first, second)
    world.change("UPDATE account SET label = :label WHERE id = :id", label=EVERYTHING, id=first)
    world.change("UPDATE account SET label = :label WHERE id = :id", label=ESCAPES, id=second)
    app = staff_app(world, folder / "datos", clock=(clock := Steps(world)))
    del staff
    return MemberDesk(world, app, clock, member, first, second, folder, size)


def around(world: World, member: int, member_staff: int) -> None:
    """Notes, devices, a contact change that waits, events of the trail, mails in the local folder."""
    now = world.clock.now()
    rows: list[tuple[type[Any], dict[str, Any]]] = [
        (MemberNote, {"member_id": member, "staff_id": member_staff, "at": now, "text": text}) for text in HOSTILE
    ]
    rows += [
        (
            RememberedDevice,
            {
                "member_id": member,
                "name": text,
                "token_hash": f"{at}",
                "added_at": now,
                "expires_at": now + timedelta(days=9),
            },
        )
        for at, text in enumerate(HOSTILE)
    ]
    change = {"member_id": member, "field": "email", "old": ESCAPES, "new": MARKUP, "state": "waiting"}
    change |= {"requested_at": now, "effective_at": now + timedelta(hours=70), "staff_id": member_staff}
    rows.append((ContactChange, change))
    with writing(world.engine).begin() as connection:
        for table, values in rows:
            connection.execute(insert(table).values(**values))
    for text in HOSTILE:
        with world.uow.begin_system(system_operator(text[:200]), member_id=member) as tx:
            tx.record(text[:200], result=text[:200], reason=text, about=text, detail={text[:50]: text, "before": text})
            tx.commit()


def move_money(world: World, member: int, first: int, second: int) -> None:
    """A transfer whose memo is hostile, so that movements and receipts hold it."""
    teller = world.staff("cajera", [Role.CASHIER], branch="018", full_name=MARKUP)
    world.lease(teller, member)
    for text in (MARKUP, ESCAPES, BIDI):
        asked = PreparePayment(Op.TRANSFER_OWN, member, first, second, 1_00, text)
        seen = prepare(asked, teller, world.uow)
        confirm(
            ConfirmPayment(uuid7(), seen.hash, Op.TRANSFER_OWN, member, first, second, 1_00, text), teller, world.uow
        )


def hostile_mail(folder: Path) -> None:
    """Mails in the local folder that nobody of ours wrote."""
    place = folder / "datos" / "correo" / "new"
    place.mkdir(parents=True)
    for at, text in enumerate((ESCAPES, MARKUP, BIDI)):
        head = f"From: a@example.com\nTo: {text[:40]!r}@x.example\nSubject: =?utf-8?q?{_quoted(text)}?=\n"
        head += f"Message-ID: <{at}@x.example>\nDate: Mon, 23 Nov 2026 09:0{at}:00 -0500\n"
        body = f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n{LONG}\n"
        (place / f"{at}.coop").write_bytes((head + body).encode())


def _quoted(text: str) -> str:
    return "".join(f"={byte:02X}" for byte in text.encode())


# ---------------------------------------------------------------- looking


class Visit:
    """What stood on the terminal: checked at every step, with the screens that were there."""

    def __init__(self, app: StaffApp) -> None:
        self.app = app
        self.screens: set[str] = set()

    async def keys(self, script: str) -> None:
        await burst(self.app, script)
        await at_rest(self.app)
        self.look()

    async def paste(self, text: str) -> None:
        """As a terminal hands it on."""
        self.app.post_message(events.Paste(text))
        await settle(self.app)
        await at_rest(self.app)
        self.look()

    def look(self) -> None:
        """Every character is one that a terminal prints, no click hides behind one, every line is as wide as the
        terminal, and nothing of the program broke."""
        assert self.app.is_running
        self.screens.add(type(self.app.screen).__name__)
        width = self.app.size.width
        for strip in self.app.screen._compositor.render_strips():
            assert strip.cell_length == width
            for segment in strip:
                bad = {char for char in segment.text if unicodedata.category(char) in UNSAFE_CATEGORIES}
                assert not bad, (type(self.app.screen).__name__, segment.text)
                if segment.style is not None:
                    assert segment.style.link is None
                    assert "quit" not in str(segment.style.meta.get("@click", ""))
        assert not [text for text in toasts(self.app) if "referencia" in text.lower()], toasts(self.app)

    async def to_the_record(self) -> None:
        """Out of whatever stands over the record, giving up what was typed."""
        for _ in range(6):
            if isinstance(self.app.screen, RecordScreen):
                return
            await self.keys("<escape>")
            if not isinstance(self.app.screen, RecordScreen) and type(self.app.screen).__name__ == "Confirm":
                await self.keys("<f2>")
        raise AssertionError(f"no way back from {self.app.screen}")

    async def fill(self) -> None:
        """Paste hostile text into every field on the screen that takes free text."""
        for field in self.app.screen.query(HouseInput):
            if field.display and not field.disabled:
                field.focus()
                for text in (ESCAPES, MARKUP, BIDI, OTHER, LONG):
                    await self.paste(text)

    async def scroll(self) -> None:
        """Through every row of every table."""
        for table in self.app.screen.query(DataTable):
            if table.display and table.row_count:
                table.focus()
                await self.keys("<down><down><end><right><ctrl+end><ctrl+home>")


@pytest.mark.parametrize(
    ("state", "size"),
    [("activo", NARROW), pytest.param("solicitado", WIDE, marks=pytest.mark.thorough)],
    ids=["active", "requested"],
)
async def test_every_screen_survives_hostile_data(
    world: World, tmp_path: Path, state: str, size: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    desk = hostile_desk(world, tmp_path, state, size)
    hostile_mail(tmp_path)
    visit = Visit(recordable(desk.app))
    async with running(desk.app, size):
        await at_the_door(visit)
        await enter(desk.app, "todo", code=world.code().reveal())
        await at_the_desk(visit)
        await through_the_record(visit, desk)
        await beside_the_desk(visit)
        await at_the_drawer(visit, world)
        await in_the_audit(visit)
        await in_the_registers(visit)
        await in_the_recordings(visit, world)
    desk.app.stop_recording(wait=True)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    if state == "activo":
        missing = every_screen() - visit.screens - ELSEWHERE.keys()
        assert missing == {"RequestAccessForm"}  # for those without access
    if state == "solicitado":
        assert "RequestAccessForm" in visit.screens


async def at_the_door(visit: Visit) -> None:
    """A hostile user name is a wrong one."""
    assert isinstance(visit.app.screen, SignIn)
    await visit.paste(EVERYTHING)
    await visit.keys("<enter>x<enter>")
    assert isinstance(visit.app.screen, SignIn)
    await visit.keys("<escape>")


async def at_the_desk(visit: Visit) -> None:
    """Search by hostile text; namesakes in the list; the queue."""
    assert isinstance(visit.app.screen, Desk)
    for text in (ESCAPES, MARKUP, BIDI, OTHER, LONG):
        await visit.paste(text)
        await visit.keys("zzz<enter>")  # a paste that doesn't fit is refused; the letters stand alone then
        assert isinstance(visit.app.screen, Desk)
        await visit.keys("<escape>")
    await visit.keys("ana<enter>")
    await visit.scroll()
    await visit.keys("<escape>")
    for opening in (":", "<ctrl+p>"):
        await visit.keys(opening)
        await visit.paste(EVERYTHING)
        await visit.paste(EVERYTHING[:60])
        await visit.keys("<enter>")  # no such command: the dialog stays
        await visit.keys("<escape>")
    assert isinstance(visit.app.screen, Desk), visit.app.screen


async def through_the_record(visit: Visit, desk: MemberDesk) -> None:
    """Every command of the record, masked and verified: open, fill, read on, come back."""
    await visit.keys(f"{NUMBER}<enter>")
    assert isinstance(visit.app.screen, RecordScreen), visit.app.screen
    await visit.scroll()
    await desk.verify(3)
    visit.look()
    await plan_a_payment(visit, desk)
    leaving = {"find_another", "finish", "refresh", "back"}
    for command in [known for known in RecordScreen.commands() if known.id not in leaving]:
        await visit.keys("<f5>")
        if visit.app.screen.reason_against(command) is not None:  # type: ignore[attr-defined]
            continue
        await visit.keys("<ctrl+p>")
        await visit.keys(f"{command.label}<enter>")
        await visit.scroll()
        await visit.keys("<enter>" if command.id == "movements" else "<f1>")
        await visit.keys("<escape>" if isinstance(visit.app.screen, Help) else "<f9>")
        if not isinstance(visit.app.screen, RecordScreen):
            await visit.fill()
            await visit.keys("<f2>")
        await visit.to_the_record()
    await act_for_hostile_reasons(visit)
    await pay_again_and_again(visit, desk)
    await visit.keys("<f12>")
    await visit.paste(EVERYTHING)
    await visit.keys("<enter>")
    visit.app.screen.query_one(Input).value = "caballo-correcto-bateria-grapa"
    await visit.keys("<enter>")
    await visit.to_the_record()


async def act_for_hostile_reasons(visit: Visit) -> None:
    """What an agent types goes through to the trail, and comes back in the timeline as text."""
    await visit.keys(":nota<enter>")
    await visit.paste(f"{MARKUP} {ESCAPES} {BIDI}")
    await visit.keys("<enter>")
    await visit.to_the_record()
    await visit.keys(":suspender<enter>")
    if type(visit.app.screen).__name__ == "ReasonDialog":
        await visit.keys("o")
        await visit.paste(f"{MARKUP} {ESCAPES} {BIDI} {OTHER}"[:180])
        await visit.keys("<enter>")
    await visit.to_the_record()
    await visit.keys("h")
    await visit.scroll()
    await visit.to_the_record()


async def plan_a_payment(visit: Visit, desk: MemberDesk) -> None:
    """A reviewed payment is put off to a date, under a hostile name."""
    source, target = positions(desk)
    await visit.keys(f"t{source}{target}<enter>1<enter>p")
    await visit.fill()
    await visit.to_the_record()


def positions(desk: MemberDesk) -> tuple[int, int]:
    """The numbers in the list of the two accounts that money moves between."""
    at = {row.account_id: row.position for row in desk.record.rows()}
    return at[desk.first], at[desk.second]


async def pay_again_and_again(visit: Visit, desk: MemberDesk) -> None:
    """A favourite with a hostile name, another name for it, and a payment that is to be repeated."""
    source, target = positions(desk)
    row = {"member_id": desk.member, "kind": Op.TRANSFER_OWN.value, "label": EVERYTHING, "uses": 1}
    row |= {"from_account": desk.first, "to_account": desk.second, "created_at": desk.world.clock.now()}
    desk.world._insert(Favourite, **row)
    await visit.keys(":fav<enter>")
    await visit.scroll()
    await visit.keys("r")
    await visit.fill()
    await visit.keys("<f2>")
    await visit.to_the_record()
    await visit.keys(":prog<enter>n")
    await visit.fill()
    await visit.to_the_record()
    await visit.keys(f"t{source}{target}<enter>1<enter>p")
    await visit.fill()
    await visit.keys("<f2>")
    await visit.to_the_record()
    await visit.keys(f"t{source}{target}<enter>1<enter>bb")
    await visit.scroll()
    await visit.keys("x")
    await visit.to_the_record()


async def beside_the_desk(visit: Visit) -> None:
    """Audit, staff and local mail; the person's own password and second factor; the way out."""
    await visit.keys("<f7>")
    assert isinstance(visit.app.screen, Desk), visit.app.screen
    await visit.keys("<f6>")
    await visit.scroll()
    await visit.keys("<f3>")
    await visit.paste(EVERYTHING)
    await visit.keys("<enter>")
    await visit.keys("<escape><escape>")
    await visit.keys(":politica<enter>")
    await visit.scroll()
    await visit.keys("v")
    await visit.scroll()
    await visit.keys("<escape><escape>")
    await visit.keys("<f7>s")
    await visit.scroll()
    await visit.keys("<escape><escape>")
    elsewhere = (":caja<enter>", ":cajas<enter>", ":efectivo<enter>", ":conciliar<enter>", ":ordenes<enter>", "<f4>")
    watch = (":señales<enter>", f":miro {NUMBER}<enter>", ":casos<enter>", ":casos<enter>s")
    await visit.keys(":casos<enter><enter>")
    await visit.scroll()
    await visit.keys("<escape><escape>")
    reports = (":reportes<enter>", ":rep cierre<enter>", ":imagenes<enter>", ":arco<enter>", ":vulneraciones<enter>")
    for opening in ("<f7>", "<f8>", ":clave<enter>", ":factor<enter>", "?", *elsewhere, *watch, *reports):
        await visit.keys(opening)
        assert not isinstance(visit.app.screen, Desk), opening
        await visit.scroll()
        await visit.keys("<f1>")
        await visit.keys("<escape>")
        await visit.keys("<escape>")
        if type(visit.app.screen).__name__ == "Confirm":
            await visit.keys("<f2>")
        assert isinstance(visit.app.screen, Desk), (opening, visit.app.screen)


async def at_the_drawer(visit: Visit, world: World) -> None:
    """Opened, cash asked for that a second person signs for, counted wrong and closed so."""
    boss = world.staff("bóveda", [Role.SUPERVISOR], branch="018", full_name=MARKUP)
    move_vault(MoveVault(uuid7(), "in", in_notes(5_000_00), MARKUP), boss, world.uow)
    await visit.keys(":caja<enter>a")
    await visit.keys("5<f2>d20<f2>")
    await visit.fill()
    await visit.keys("<escape>")
    if type(visit.app.screen).__name__ == "Confirm":
        await visit.keys("<f2>")
    await visit.keys("c4<f2>")
    await visit.scroll()
    await visit.keys("<f2>")  # asks whether to close with the difference
    await visit.keys("<f4>")
    await visit.keys("<escape>")
    await visit.keys("<escape>")
    assert isinstance(visit.app.screen, Desk), visit.app.screen


async def in_the_audit(visit: Visit) -> None:
    """A comment beneath an event, and a question that is kept under a name."""
    await visit.keys("<f6>d")
    await visit.keys("<escape>c")
    await visit.paste(f"{MARKUP} {ESCAPES} {BIDI}"[:180])
    await visit.keys("<enter>")
    await visit.scroll()
    await visit.keys("g")
    await visit.fill()
    await visit.keys("<escape>")
    await visit.keys("<escape>")


async def in_the_registers(visit: Visit) -> None:
    """A request and a breach, told in hostile words."""
    await visit.keys(":arco<enter>n50012<enter>1")
    await visit.paste(f"{MARKUP} {ESCAPES} {BIDI}"[:180])
    await visit.keys("<f2>")
    await visit.keys("<enter>")
    await visit.scroll()
    await visit.keys("<escape>")
    await visit.keys(":vulneraciones<enter>n")
    for _ in range(2):
        await visit.paste(f"{MARKUP} {ESCAPES} {BIDI}"[:180])
        await visit.keys("<enter>")
    await visit.keys("<f2>")
    await visit.scroll()
    await visit.keys("<escape>")
    assert isinstance(visit.app.screen, Desk), visit.app.screen


async def in_the_recordings(visit: Visit, world: World) -> None:
    """All of it again, as the recording kept it."""
    while not world.scalar("SELECT count(*) FROM recording_chunk"):
        await asyncio.sleep(0.01)
    await visit.keys(":repeticion<enter>")
    await visit.scroll()
    await visit.keys("<home><enter>")
    await visit.keys("v<f6>")
    await visit.scroll()
    await visit.keys("<escape><home>")
    await visit.keys("<right>" * 40)
    await visit.keys("<escape>")
    await visit.keys("<escape>")
    assert isinstance(visit.app.screen, Desk), visit.app.screen


async def test_the_look_sees_what_the_cleaner_takes_away(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the cleaner at the widgets' door the same record must fail the test."""
    desk = hostile_desk(world, tmp_path, "bloqueado", WIDE)
    visit = Visit(desk.app)
    async with desk.open(username="todo", code=world.code().reveal()):
        visit.look()
        with monkeypatch.context() as patch:
            patch.setattr("widgets.text.clean", lambda text, *_args, **_options: text)
            desk.lease(3)
            with pytest.raises(AssertionError):
                await visit.keys("<f5>")
        await visit.keys("<f5>")


# ---------------------------------------------------------------- files


def test_a_hostile_file_is_refused_in_plain_words(world: World, tmp_path: Path) -> None:
    """Every complaint about it can be printed as it stands."""
    head = "numero,tipo,cedula,nombres,apellidos,fecha_nacimiento,correo,celular,sucursal"
    path = tmp_path / f"socios{ESCAPES[:9]}.csv"
    lines = [head]
    for at, text in enumerate((ESCAPES, BIDI, OTHER.replace("\ud83d", ""), LONG)):
        cell = '"' + text.replace('"', '""') + '"'
        lines.append(f"5{at:04d},{cell},{cell},{cell},{cell},{cell},{cell},{cell},{cell}")
    path.write_text("\n".join(lines), "utf-8")
    with pytest.raises(ImportRefused) as refused:
        import_files(ImportFiles((path,)), system_operator("import.run"), world.uow)
    for line in refused.value.user_text.splitlines():
        assert line.isprintable() and len(line) < 400, line
    assert world.scalar("SELECT count(*) FROM member") == 0


async def test_imported_markup_is_a_name_like_any_other(world: World, tmp_path: Path) -> None:
    """What the importer takes is shown letter by letter."""
    path = tmp_path / "socios.csv"
    row = "50012,asociado,8-700-12,[@click=app.quit]Ana[/],[b]Ríos[/b],14/02/1986,a@example.com,6123-4567,018"
    path.write_text(
        f"numero,tipo,cedula,nombres,apellidos,fecha_nacimiento,correo,celular,sucursal\n{row}\n", encoding="utf-8"
    )
    import_files(ImportFiles((path,)), system_operator("import.run"), world.uow)
    world.staff("cajera", [Role.CASHIER], branch="018", sign_in=False)
    app = staff_app(world, tmp_path / "datos")
    visit = Visit(app)
    async with running(app, WIDE):
        await enter(app, "cajera")
        await visit.keys("50012<enter>")
        assert isinstance(app.screen, RecordScreen)
        shown = "".join(segment.text for strip in app.screen._compositor.render_strips() for segment in strip)
        assert "[@CLICK=APP.QUIT]ANA[/]" in shown
