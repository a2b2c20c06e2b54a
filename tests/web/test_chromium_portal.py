"""The whole story of a member in a real browser, by the keyboard alone: registers, waits in the queue, is activated at
the desk, reads the mail of a real server, sets up the access, signs the contract, stands before the accounts, transfers
(S32–S92), and comes again from the same browser, which is remembered (S68). The staff's timeline tells all of it.

What a person would have seen stays as pictures in the test's folder.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from data.catalog.questions import load_questions
from data.values.uuid7 import uuid7
from services.activation import Activate, activate
from services.activation_queue import pending_activations
from services.timeline import MemberTimeline, member_timeline
from tests.portal.test_journey import assert_story, post
from tests.services.access_cases import REASON
from tests.services.portal_door import IMAGE_NAME, NEW_PASSWORD, USER, cedula
from tests.services.smtp_server import Mailbox, smtp_server
from tests.web.chromium import Tab, chromium
from tests.web.living import LivingWorld
from tests.web.served import Branch, Server

NUMBER, BIRTH = "50012", "14021986"
ANSWERS = ("Piloto de avioneta", "Halterofilia", "Maestra Olga")


@pytest.mark.timeout(300)  # many screens, on a busy machine
def test_from_registration_to_the_accounts_and_back(branch: Branch, living: LivingWorld, tmp_path: Path) -> None:
    member = living.member(NUMBER)
    living.account(member, product="01", label="APORTACIONES", balance=250_00)
    living.account(member, balance=1_322_64, number="06-018-50012-1")
    living.account(member, number="06-018-50012-2")
    mailbox = Mailbox()
    with branch.served("--portal") as server, chromium() as browser, smtp_server(mailbox) as port:
        visit = Visit(Tab(browser), server, living, tmp_path)
        visit.register()
        route = "SELECT state, route FROM access WHERE member_id = :id"
        assert living.rows(route, id=member) == [{"state": "solicitado", "route": "web"}]
        agent = living.staff("mrodriguez")
        assert [row.number for row in pending_activations(agent, living.uow)] == [NUMBER]
        living.lease(agent, member, 3)
        activate(Activate(member, REASON, uuid7()), agent, living.uow)
        (body,) = [text for text in post(living, port, mailbox) if "temporal" in text]
        temporary = re.search(r"Contraseña temporal:\s*(\S+)", body)
        assert temporary is not None, body
        visit.first_access(temporary[1])
        visit.sign_in()
        visit.sign_the_contract()
        assert living.scalar("SELECT count(*) FROM contract_signature WHERE member_id = :id", id=member) == 1
        visit.transfer()
        assert living.scalar("SELECT balance FROM account WHERE number = '06-018-50012-2'") == 75_00
        assert any("75.00" in text for text in post(living, port, mailbox))
        assert_story([row.what for row in member_timeline(MemberTimeline(member, 200), agent, living.uow)])
        events = [event for event in living.events() if event["channel"] == "web"]
        assert {event["terminal"] for event in events} == {"Chrome en Linux"}
        visit.tab.page.close()
        visit.tab = Tab(browser, visit.tab.context)
        visit.come_back()
        assert visit.tab.errors == []
        assert all(url.startswith(server.url) for url in visit.tab.asked)


class Visit:
    """The member's way, a screen at a time."""

    def __init__(self, tab: Tab, server: Server, living: LivingWorld, folder: Path) -> None:
        self.tab, self._server, self._living, self._folder = tab, server, living, folder
        self._pictures = 0

    def register(self) -> None:
        """«Entrar», and the form of S33."""
        tab = self.tab
        tab.page.goto(self._server.url)
        self.picture("entrada")
        tab.type("<Enter>")
        tab.see("Usuario", "F3 Regístrese")
        self.picture("usuario")
        tab.type("<F3>")
        tab.see("Número de asociado", "No soy un robot")
        tab.type(NUMBER, "<Enter>", BIRTH, cedula(NUMBER), "<Enter>", "<Space>")  # A full year leads on.
        tab.see(NUMBER, cedula(NUMBER), "1986")
        self.picture("registrar")
        tab.type("<F2>")
        tab.see("205-0911")
        self.picture("registrado")
        tab.type("<Enter>")
        tab.see("F3 Regístrese")

    def first_access(self, temporary: str) -> None:
        """From the temporary password to the services (S42–S63)."""
        tab = self.tab
        tab.type(NUMBER, "<Enter>")
        tab.see("Contraseña temporal", "Cédula")
        tab.type(temporary, "<Tab>", cedula(NUMBER), "<Enter>", BIRTH)
        tab.see("1986")
        self.picture("temporal")
        tab.type("<Enter>")
        tab.see("Cambio de Contraseña")
        tab.type(temporary, "<Tab>", NEW_PASSWORD, "<Tab>", NEW_PASSWORD)
        tab.see("✓ Las contraseñas coinciden", "✓ 1 número")
        self.picture("contrasena")
        tab.type("<Enter>")
        tab.see("Cambio de Usuario")
        tab.type(USER)
        tab.see(USER)
        self.picture("cambio-de-usuario")
        tab.type("<Enter>")
        tab.see("Imagen de Seguridad")
        tab.type("<ArrowDown>", "<Enter>", IMAGE_NAME)
        tab.see(IMAGE_NAME)
        self.picture("imagen")
        tab.type("<Enter>")
        for position, answer in enumerate(ANSWERS, 1):
            tab.see(f"Pregunta {position} de 3")
            tab.type("<Enter>", answer)
            self.picture(f"pregunta-{position}")
            tab.type("<Enter>")
        tab.see("Servicios")
        tab.type("<Tab>", "<Space>")
        self.picture("servicios")
        tab.type("<F2>")

    def sign_in(self) -> None:
        """With the new data: question, picture and its name, password (S64–S69)."""
        tab = self.tab
        tab.see("Pregunta de Seguridad")
        self.picture("pregunta")
        rows = self._living.rows("SELECT question_id FROM security_answer ORDER BY position")
        texts = [load_questions().by_id[row["question_id"]].text for row in rows]
        (answer,) = (answer for text, answer in zip(texts, ANSWERS, strict=True) if text in tab.text)
        tab.type(answer, "<Enter>")
        tab.see("Contraseña", IMAGE_NAME)
        tab.type(NEW_PASSWORD, *["<Tab>"] * 3, "<Space>")
        tab.see("[x] ¿Desea que recordemos su equipo?")
        self.picture("imagen-y-contrasena")
        tab.type("<F2>")

    def come_back(self) -> None:
        """In a new tab of the same browser, which is remembered: no question (S68)."""
        tab = self.tab
        tab.page.goto(self._server.url)
        tab.see("F3 Regístrese")
        tab.type(USER, "<Enter>")
        tab.see(IMAGE_NAME)
        self.picture("recordado")
        tab.type(NEW_PASSWORD, "<F2>")
        tab.see("Última visita:", "APORTACIONES")
        self.picture("otra-visita")

    def sign_the_contract(self) -> None:
        """Read to its end, ticked, signed, and the accounts behind it (S70–S76)."""
        tab = self.tab
        tab.see("Contrato", "PRIMERA")
        self.picture("contrato")
        tab.type("<End>")
        tab.see("EN FE DE LO CUAL")
        tab.type("<Tab>", "<Space>")
        tab.see("[x]")
        self.picture("contrato-leido")
        tab.type("<F2>")
        tab.see("copia")
        self.picture("firmado")
        tab.type("<Enter>")
        tab.see("Itzel", "Esta es su primera visita", "APORTACIONES", "250.00")
        self.picture("cuentas")

    def transfer(self) -> None:
        """Between the member's own savings, to the receipt (S10, S92)."""
        tab = self.tab
        tab.type("t")
        tab.see("Transferencia entre cuentas propias")
        tab.type("<Enter>")
        tab.see("¿Desde qué cuenta?")
        tab.type("<Enter>")
        tab.see("¿A qué cuenta?")
        tab.type("<Enter>")
        tab.see("¿Cuánto?")
        tab.type("75", "<Enter>", "mercado", "<Enter>")
        tab.see("Confirmar", "75.00", "mercado")
        self.picture("revision")
        tab.type("<F2>")
        tab.see("Comprobante", "Finalizar")
        self.picture("comprobante")
        tab.type("<F2>")
        tab.see("1,247.64")

    def picture(self, name: str) -> None:
        """Keep what a person would see."""
        self._pictures += 1
        self.tab.picture(self._folder / f"{self._pictures:02}-{name}.png")
