"""The program in a real browser, by its keyboard alone."""

from __future__ import annotations

from pathlib import Path

from tests.web.chromium import Tab, chromium
from tests.web.served import Branch


def test_staff_sign_in_by_keyboard(branch: Branch, tmp_path: Path) -> None:
    with branch.served() as server, chromium() as browser:
        tab = Tab(browser)
        tab.page.goto(f"{server.url}/#{server.key('--terminal', 'caja-3')}")
        tab.page.wait_for_function("document.activeElement.id === 'entrar'")
        assert tab.page.url == f"{server.url}/", "the key is out of the address bar"
        tab.picture(tmp_path / "1-entrada.png")
        tab.errors.clear()  # the browser notes the status 403 of the entry
        tab.type("<Enter>")
        tab.see("Usuario", "Contraseña")
        tab.type(branch.username, "<Tab>", branch.password, "<Enter>")
        tab.see("Buscar", branch.username, "Casa Matriz")
        assert branch.password not in tab.text
        tab.picture(tmp_path / "2-mostrador.png")
        tab.type("ñandú")
        tab.see("ñandú")
        tab.page.set_viewport_size({"width": 760, "height": 520})
        tab.type("<F12>")
        tab.see("bloqueada")
        assert "ñandú" not in tab.text
        tab.picture(tmp_path / "3-bloqueo.png")
        assert tab.errors == []
        server.process.terminate()
        tab.page.wait_for_function("document.activeElement.id === 'otra-vez'")
        tab.picture(tmp_path / "4-fin.png")
        assert server.process.wait(30) == 0
        assert {url.partition("/estatico/")[0].rstrip("/?") for url in tab.asked} == {
            server.url,
            f"{server.url}/entrar",
        }
