"""Statements: figures that add up, PDFs that repeat, and mails that go out once to those who asked (S62, S92)."""

from __future__ import annotations

import base64
import re
import signal
import subprocess
import sys
import textwrap
import threading
import zlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from data.engine import writing
from data.tables import Consent
from services.attachments import attachment_of
from services.delivery import LEASE, drain
from services.errors import ContactMissing, InvalidInput, NotFound, RateLimited
from services.statement_mails import mail_statements
from services.statement_rows import Span, account_of, cut_span, last_cut, month_span, newest_entry, statement_of
from services.statement_sending import SendCardStatement, SendStatement, send_card_statement, send_statement
from services.statements import GetCardStatement, GetStatement, card_statement, my_statement, past_months
from services.transports import Transports
from tests.services.portal_door import member_inside
from tests.services.test_delivery import Recorder
from tests.services.world import World

CARD = {"product": "41", "number": "5216-XXXX-XXXX-2019", "card_last4": "2019", "label": "MASTERCARD CLASICA PROFECARD"}


def on(world: World, day: date, hour: int = 15) -> None:
    world.clock.moment = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def says(world: World, member: int, service: str, given: bool) -> None:
    with writing(world.engine).begin() as connection:
        connection.execute(
            insert(Consent).values(
                member_id=member,
                service=service,
                text_version="2026-11-01",
                given=given,
                at=world.clock.now(),
                channel="web",
            )
        )


def saver(world: World, number: str = "50012", **columns: Any) -> tuple[int, int]:
    """An active member with an account online."""
    member = world.member(number, **columns)
    world.access(member, "activo")
    account = world.account(member, number=f"06-018-{number}-1-1", affiliated_at=world.clock.now())
    return member, account


def mails(world: World) -> list[dict[str, Any]]:
    return world.rows("SELECT * FROM outbox WHERE template IN ('account_statement', 'card_statement') ORDER BY id")


# ---------------------------------------------------------------- figures


def test_a_statement_adds_up_and_reads_no_later_entry(world: World) -> None:
    _, account = saver(world)
    for day, amount in ((date(2026, 9, 30), 100_00), (date(2026, 10, 1), 20_00), (date(2026, 10, 31), 5_25)):
        world.fund(account, amount, day)
    world.fund(account, 1_000_00, date(2026, 11, 1))
    with world.engine.connect() as connection:
        upto = newest_entry(connection)
        row = account_of(connection, account, int(world.scalar("SELECT member_id FROM access")))
        found = statement_of(connection, row, month_span("2026-10"), upto)
    assert (found.opening, found.credits, found.debits, found.closing) == ("100.00", "25.25", "0.00", "125.25")
    assert [(line.date, line.credit, line.balance) for line in found.rows] == [
        ("01/10/2026", "20.00", "120.00"),
        ("31/10/2026", "5.25", "125.25"),
    ]
    world.fund(account, 77_00, date(2026, 10, 15))  # comes in late, for a day of October
    with world.engine.connect() as connection:
        assert statement_of(connection, row, month_span("2026-10"), upto) == found
        assert statement_of(connection, row, month_span("2026-10"), newest_entry(connection)).closing == "202.25"


def test_spans_and_cuts() -> None:
    assert month_span("2026-02") == Span(date(2026, 2, 1), date(2026, 2, 28))
    assert month_span("2028-02").last == date(2028, 2, 29) and month_span("2026-12").last == date(2026, 12, 31)
    assert last_cut(15, date(2026, 11, 15)) == date(2026, 11, 15) and last_cut(15, date(2026, 11, 14)) == date(
        2026, 10, 15
    )
    assert cut_span(15, date(2026, 11, 15)) == Span(date(2026, 10, 16), date(2026, 11, 15))
    assert last_cut(31, date(2027, 3, 1)) == date(2027, 2, 28)
    assert cut_span(31, date(2027, 2, 28)) == Span(date(2027, 2, 1), date(2027, 2, 28))
    day = date(2026, 1, 1)
    for _ in range(800):  # every day lies in exactly one span
        day = date.fromordinal(day.toordinal() + 1)
        cut = last_cut(30, day)
        assert cut <= day < date.fromordinal(cut.toordinal() + 32) and cut_span(30, cut).last == cut


def test_the_members_own_statement(world: World) -> None:
    operator, member = member_inside(world)
    account = world.account(member, affiliated_at=world.clock.now())
    world.account(member, number="06-018-50012-9-1", affiliated_at=None)
    world.fund(account, 12_00)
    found = my_statement(GetStatement("2026-10"), operator, world.uow)
    assert (found.month, found.days) == ("octubre de 2026", "Del 01/10/2026 al 31/10/2026")
    assert [one.account_id for one in found.accounts] == [account]
    assert my_statement(GetStatement("2026-10"), operator, world.uow) == found
    months = [period for period, _ in past_months(date(2026, 11, 23))]
    assert (months[0], months[-1], len(months)) == ("2026-10", "2024-11", 24)
    assert my_statement(GetStatement(months[-1]), operator, world.uow).accounts
    for period in ("2026-11", "2030-01", "2020-01", "2024-10", "2026-13", "x", "2026-10-01", ""):
        with pytest.raises(InvalidInput):
            my_statement(GetStatement(period), operator, world.uow)
    assert len(world.events("portal.statement")) == 3


def test_without_an_account_online_there_is_no_statement(world: World) -> None:
    operator, _ = member_inside(world)
    with pytest.raises(NotFound) as caught:
        my_statement(GetStatement("2026-10"), operator, world.uow)
    assert "205-0911" in caught.value.user_text


def test_the_statement_of_a_card(world: World) -> None:
    operator, member = member_inside(world)
    terms = '{"due_day":5,"limit":300000,"minimum":6613}'
    now = world.clock.now()
    card = world.account(member, affiliated_at=now, floor=-3_000_00, min_balance=-3_000_00, terms=terms, **CARD)
    for day, amount in ((date(2026, 10, 10), -800_00), (date(2026, 11, 2), -522_64), (date(2026, 11, 20), 100_00)):
        world.fund(card, amount, day)
    found = card_statement(GetCardStatement(card), operator, world.uow)
    assert found.cut == "15/11/2026" and found.account.number == "5216-XXXX-XXXX-2019"
    assert (found.account.opening, found.account.closing) == ("800.00", "1,322.64")
    assert [row.debit for row in found.account.rows] == ["522.64"]
    assert (found.since.opening, found.since.credits, found.since.closing) == ("1,322.64", "100.00", "1,222.64")
    assert found.lines == (("Límite", "3,000.00"), ("Pago mínimo", "66.13"), ("Fecha de pago", "05/12/2026"))
    other = world.account(member, number="06-018-50012-8-1", affiliated_at=now)
    for account in (other, 999_999):
        with pytest.raises(NotFound):
            card_statement(GetCardStatement(account), operator, world.uow)


# ---------------------------------------------------------------- mails


def words_of(pdf: bytes) -> str:
    """What a document of ours says, line by line."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    pages = [zlib.decompress(base64.a85decode(b"<~" + one.strip(), adobe=True)) for one in streams]
    lines = [line for page in pages for line in re.findall(rb"\((.*?)\) Tj", page)]
    plain = [re.sub(rb"\\([0-7]{3})", lambda octal: bytes([int(octal[1], 8)]), line) for line in lines]
    return "\n".join(line.decode("cp1252") for line in plain)


def test_a_statement_that_was_asked_for_goes_to_the_mail_on_record(world: World) -> None:
    operator, member = member_inside(world)
    now = world.clock.now()
    for number in range(40):  # more accounts than a line of a mail has room for
        world.account(member, number=f"06-018-50012-{number}-1", affiliated_at=now)
    terms = '{"due_day":5,"limit":300000,"minimum":6613}'
    card = world.account(member, affiliated_at=now, terms=terms, **CARD)
    sent = send_statement(SendStatement("2026-10"), operator, world.uow)
    assert sent.to == "s•••@example.com" and sent.to in sent.text
    send_card_statement(SendCardStatement(card), operator, world.uow)
    world.change(
        "UPDATE account SET terms = NULL WHERE id = :id", id=card
    )  # what was asked for says what was true then
    server = Recorder()
    drain(world.uow, Transports(server))
    files = {part.get_filename(): part.get_content() for mail in server.sent for part in mail.iter_attachments()}
    general, of_card = (words_of(files[name]) for name in ("estado-de-cuenta-2026-10.pdf", "tarjeta-2026-11-15.pdf"))
    assert general.count("Saldo final") == 41
    assert "Límite: 3,000.00 · Pago mínimo: 66.13 · Fecha de pago: 05/12/2026" in of_card
    assert {mail["To"] for mail in server.sent} == {"socio50012@example.com"}
    for _ in range(4):
        send_statement(SendStatement("2026-09"), operator, world.uow)
    with pytest.raises(RateLimited):
        send_statement(SendStatement("2026-08"), operator, world.uow)


def test_what_cannot_be_sent_says_why(world: World) -> None:
    operator, member = member_inside(world)
    with pytest.raises(NotFound):
        send_statement(SendStatement("2026-10"), operator, world.uow)
    savings = world.account(member, affiliated_at=world.clock.now())
    with pytest.raises(InvalidInput):
        send_statement(SendStatement("2026-11"), operator, world.uow)
    for account in (savings, 999_999, world.account(world.member("50013"), affiliated_at=world.clock.now(), **CARD)):
        with pytest.raises(NotFound):
            send_card_statement(SendCardStatement(account), operator, world.uow)
    world.change("UPDATE member SET email = NULL WHERE id = :id", id=member)
    with pytest.raises(ContactMissing) as raised:
        send_statement(SendStatement("2026-10"), operator, world.uow)
    assert "205-0911" in raised.value.user_text


def test_a_member_with_many_accounts_gets_the_monthly_mail_too(world: World) -> None:
    member, _ = saver(world)
    for number in range(60):
        world.account(member, number=f"06-018-50012-{number}-9", affiliated_at=world.clock.now())
    says(world, member, "estado_cuenta", True)
    on(world, date(2026, 12, 1))
    assert mail_statements(world.uow) == 1
    server = Recorder()
    drain(world.uow, Transports(server))
    ((part,),) = [list(mail.iter_attachments()) for mail in server.sent]
    assert words_of(part.get_content()).count("Saldo final") == 61


def test_only_who_said_yes_last_gets_it_in_the_first_days_once(world: World) -> None:
    yes, account = saver(world)
    for number, answers in (("50013", ()), ("50014", (False,)), ("50015", (True, False)), ("50016", (False, True))):
        member, _ = saver(world, number, cedula=f"8-900-{number}")
        for given in answers:
            says(world, member, "estado_cuenta", given)
    says(world, yes, "estado_cuenta", True)
    says(world, yes, "publicidad", True)
    world.fund(account, 10_00)
    on(world, date(2026, 11, 30))
    assert mail_statements(world.uow) == 0
    on(world, date(2026, 12, 1))
    assert mail_statements(world.uow) == 2
    for day in (1, 2, 10):
        on(world, date(2026, 12, day))
        assert mail_statements(world.uow) == 0
    rows = mails(world)
    assert {row["template"] for row in rows} == {"account_statement"} and len({row["member_id"] for row in rows}) == 2
    assert {row["outbox_id"] for row in world.rows("SELECT outbox_id FROM statement_mail")} == {
        row["id"] for row in rows
    }
    server = Recorder()
    drain(world.uow, Transports(server))
    for mail in server.sent:
        (part,) = list(mail.iter_attachments())
        assert part.get_filename() == "estado-de-cuenta-2026-11.pdf" and part.get_content().startswith(b"%PDF")
        assert "noviembre de 2026" in str(mail) or "noviembre de 2026" in mail.get_body(("plain",)).get_content()
    on(world, date(2027, 1, 3))
    assert mail_statements(world.uow) == 2
    assert len(world.events("statement.mail")) == 4


@pytest.mark.parametrize("barred", ["suspendido", "cerrado", "bloqueado", "primer_acceso"])
def test_a_pause_or_no_address_stops_it(world: World, barred: str) -> None:
    member, account = saver(world)
    says(world, member, "estado_cuenta", True)
    on(world, date(2026, 12, 3))
    world.change("UPDATE access SET state = :state", state=barred)
    assert mail_statements(world.uow) == 0
    world.change("UPDATE access SET state = 'activo'")
    world.change("UPDATE account SET affiliated_at = NULL WHERE id = :id", id=account)
    assert mail_statements(world.uow) == 0
    world.change("UPDATE account SET affiliated_at = :now WHERE id = :id", now=_at(world), id=account)
    world.change("UPDATE member SET email = NULL")
    assert mail_statements(world.uow) == 0
    world.change("UPDATE member SET email = 'no es una dirección'")
    assert mail_statements(world.uow) == 0 and mail_statements(world.uow) == 0
    (event,) = world.events("statement.mail")
    assert event["result"] == "failed"


def _at(world: World) -> Any:
    from data.types import utc_text

    return utc_text(world.clock.now()) if world.dialect == "sqlite" else world.clock.now()


def test_a_card_is_told_after_its_own_cut(world: World) -> None:
    member, _ = saver(world)
    now = world.clock.now()
    world.account(member, affiliated_at=now, terms='{"cut_day":20}', **CARD)
    world.account(member, affiliated_at=now, **{**CARD, "number": "5216-XXXX-XXXX-2020", "card_last4": "2020"})
    says(world, member, "estado_tarjeta", True)
    seen = {}
    for day in range(14, 32):
        on(world, date(2026, 12, day))
        seen[day] = mail_statements(world.uow)
    assert {day: count for day, count in seen.items() if count} == {16: 1, 21: 1}
    periods = {row["period"] for row in world.rows("SELECT period FROM statement_mail")}
    assert periods == {"2026-12-15", "2026-12-20"}
    server = Recorder()
    on(world, date(2026, 12, 21))
    drain(world.uow, Transports(server))
    names = {part.get_filename() for mail in server.sent for part in mail.iter_attachments()}
    assert "tarjeta-2026-12-20.pdf" in names and "2019" not in str([mail["Subject"] for mail in server.sent])


def test_what_goes_along_is_the_addressees_own_and_the_same_again(world: World) -> None:
    member, account = saver(world)
    other, _ = saver(world, "50013", cedula="8-900-1")
    world.fund(account, 10_00)
    context = {"period": "2026-11", "accounts": str(account), "upto": "999999"}
    one = attachment_of(world.uow, "account_statement", member, context)
    assert one == attachment_of(world.uow, "account_statement", member, context)
    with pytest.raises(NotFound):
        attachment_of(world.uow, "account_statement", other, context)
    card = {"account_id": str(account), "first": "2026-11-01", "cut": "2026-11-30", "upto": "9"}
    with pytest.raises(NotFound):
        attachment_of(world.uow, "card_statement", other, card)


def test_four_workers_queue_each_once(world: World) -> None:
    for number in range(50020, 50030):
        member, _ = saver(world, str(number), cedula=f"8-901-{number}")
        says(world, member, "estado_cuenta", True)
    on(world, date(2026, 12, 2))
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(mail_statements(world.uow))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 10 and len(mails(world)) == 10


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
def test_a_worker_that_is_killed_leaves_neither_or_both(world: World, point: str) -> None:
    for number in ("50012", "50013", "50014"):
        member, _ = saver(world, number, cedula=f"8-902-{number}")
        says(world, member, "estado_cuenta", True)
    on(world, date(2026, 12, 1))
    program = """
        import os, signal, sys
        from datetime import UTC, datetime
        from data.secrets import Argon2Params, Hasher, Secrets
        from services import faults
        from services.statement_mails import mail_statements
        from tests.services.world import World

        url, point = sys.argv[1:]
        secrets = Secrets(pepper=b"p" * 32, data_key=b"d" * 32, signing_key=b"s" * 32)
        World._insert = lambda *args, **values: 0  # the store has its id already
        world = World(url, secrets, Hasher(secrets.pepper, Argon2Params(1, 8, 1)))
        world.clock.moment = datetime(2026, 12, 1, 15, tzinfo=UTC)
        passed = []
        def hook(name):
            passed.append(name)
            if name == point and passed.count(point) == 2:
                os.kill(os.getpid(), signal.SIGKILL)
        faults.hook = hook
        mail_statements(world.uow)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), world.url, point],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    kept = 1 if point == "before_commit" else 2
    assert len(mails(world)) == kept == world.scalar("SELECT count(*) FROM statement_mail")
    assert mail_statements(world.uow) == 3 - kept and mail_statements(world.uow) == 0
    server = Recorder()
    drain(world.uow, Transports(server))
    world.clock.advance(seconds=LEASE.seconds)
    drain(world.uow, Transports(server))
    assert len(server.sent) == len({mail["Message-ID"] for mail in server.sent}) == 3
