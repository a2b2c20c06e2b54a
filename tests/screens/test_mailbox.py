"""The local mail: shown where no server takes it, never read as markup."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from screens.desk import Desk
from screens.mailbox import Mailbox
from services.folder_sms import FolderSms
from services.maildir import MaildirMail
from tests.screens.staff import at_rest, at_the_desk, staff_app
from tests.screens.support import assert_snapshot, burst, screen_text, told
from tests.services.world import World


def drop(folder: Path, number: int, text: str) -> None:
    """A mail in the folder."""
    mail = EmailMessage()
    mail["Message-ID"] = f"<{number}@coop.example>"
    mail["To"] = "i•••@example.com"
    mail["Subject"] = f"Su acceso {number}"
    mail["Date"] = format_datetime(datetime(2026, 11, 23, 14, number, tzinfo=UTC))
    mail.set_content(text)
    MaildirMail(folder).send(mail, "x@example.com")


async def test_mails_are_read_newest_first(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    drop(tmp_path / "correo", 1, "Hola\n[@click=app.quit]Ingresar[/]\x1b]52;c;eA==\x07")
    drop(tmp_path / "correo", 2, "El segundo\n")
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app):
        await burst(app, "<f8>")
        await at_rest(app)
        assert isinstance(app.screen, Mailbox) and "El segundo" in screen_text(app)
        await burst(app, "<down>")
        await at_rest(app)
        shown = screen_text(app)
        assert "[@click=app.quit]Ingresar[/]" in shown and "\x1b" not in shown
        assert_snapshot(app, "mailbox_80x24")
        await burst(app, "<escape>")
        assert isinstance(app.screen, Desk)


async def test_text_messages_stand_between_the_mails(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    drop(tmp_path / "correo", 1, "El primero\n")
    drop(tmp_path / "correo", 3, "El tercero\n")
    FolderSms(tmp_path / "mensajes").send("<2@x>", "+50761234567", "Su código es [b]042917[/]\x1b]52;c;eA==\x07")
    moment = datetime(2026, 11, 23, 14, 2, tzinfo=UTC).timestamp()
    for file in (tmp_path / "mensajes").iterdir():
        os.utime(file, (moment, moment))
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app):
        await burst(app, "<f8>")
        await at_rest(app)
        await burst(app, "<down>")
        await at_rest(app)
        shown = screen_text(app)
        assert [line.split()[1] for line in shown.splitlines() if line.startswith(" 23/11/2026")] == [
            "09:03",
            "09:02",
            "09:01",
        ]
        assert "Mensaje de texto" in shown and "[b]042917[/]" in shown and "\x1b" not in shown


async def test_an_empty_folder_says_so(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app):
        await burst(app, "<f8>")
        await at_rest(app)
        assert "Todavía no hay mensajes." in screen_text(app)


async def test_with_a_mail_server_there_is_no_folder(sqlite_world: World, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("COOP_SMTP_HOST=mail.example.com\n")
    sqlite_world.staff(sign_in=False)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app):
        await burst(app, "<f8>")
        assert isinstance(app.screen, Desk) and any("servidor" in text for text in told(app))
        assert "carpeta local:" not in screen_text(app)


async def test_a_real_store_shows_nobody_its_mail(sqlite_world: World, tmp_path: Path) -> None:
    """The mails hold codes and passwords: without a mail server they wait in the folder, closed (req. 22, 28)."""
    sqlite_world.staff(sign_in=False)
    sqlite_world.change("INSERT INTO store_meta (key, value) VALUES ('demo', '0')")
    drop(tmp_path / "correo", 1, "Contraseña Xk7mPq2wRt9z\n")
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app):
        assert app.mail_folder is None and app.sms_folder is None
        await burst(app, "<f8>")
        await at_rest(app)
        assert isinstance(app.screen, Desk) and "Xk7mPq2wRt9z" not in screen_text(app)
