"""The few pages of the door. All they ask for comes from this server; nothing in them comes from a request."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from string import Template

from coop_tui.web.origins import PublicUrl


class WebMissing(Exception):
    """The extra `web` is not installed."""


def terminal_page(title: str, url: PublicUrl) -> str:
    """The page that is the program."""
    scripts = _script("textual.js") + _script("pantalla.js")
    return _page(title, _filled("terminal.html", title=title, websocket=f"{url.websocket}/ws"), scripts)


def entry_page(title: str, *, needs_key: bool, error: str = "") -> str:
    """What a browser without a pass sees: the field for a link's key (staff) or the button alone (portal)."""
    notice = f'<p class="error" role="alert">{escape(error)}</p>' if error else ""
    # Two fields can't both have the keyboard: where there is a key to type, the button waits.
    body = _filled("entry.html", title=title).replace("$notice", notice).replace("$key", _text("key.html") * needs_key)
    return _page(title, body.replace(" autofocus>Entrar", ">Entrar") if needs_key else body, _script("entrada.js"))


def notice_page(title: str, text: str) -> str:
    """A page that says one thing, and a way back."""
    return _page(title, _filled("notice.html", title=title, text=text))


@cache
def static_files() -> dict[str, tuple[Path, str]]:
    """Every file that the pages ask for: name → (path, content type). Raises WebMissing."""
    spec = find_spec("textual_serve")
    if spec is None or not spec.submodule_search_locations:
        raise WebMissing
    theirs = Path(spec.submodule_search_locations[0]) / "static"
    own_folder = Path(str(files(__package__)))
    script, style, font = "text/javascript", "text/css", "font/ttf"
    return {
        "textual.js": (theirs / "js" / "textual.js", script),
        "xterm.css": (theirs / "css" / "xterm.css", style),
        "mono.ttf": (theirs / "fonts" / "RobotoMono-VariableFont_wght.ttf", font),
        "mono-italic.ttf": (theirs / "fonts" / "RobotoMono-Italic-VariableFont_wght.ttf", font),
        "puerta.css": (own_folder / "puerta.css", style),
        "entrada.js": (own_folder / "entrada.js", script),
        "pantalla.js": (own_folder / "pantalla.js", script),
    }


def _page(title: str, body: str, scripts: str = "") -> str:
    return Template(_text("base.html")).substitute(title=escape(title), body=body, scripts=scripts)


def _script(name: str) -> str:
    return f'<script src="/estatico/{name}"></script>'


def _filled(name: str, **values: str) -> str:
    return Template(_text(name)).safe_substitute({key: escape(value) for key, value in values.items()})


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
