"""`serve`: the staff's program in a browser, behind a door of ours; `serve --link` registers a station by a one-time
link; `serve --portal`: the members' portal, for everybody.

The server opens no store and holds no key: each session is a process of its own, which does. It listens on this machine
alone unless told otherwise; TLS is the affair of a proxy before it (docs/despliegue.md).
"""

from __future__ import annotations

import argparse
import logging
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from coop_tui.cli.running import Usage, answer, settings_of
from coop_tui.settings import CHANNELS, Settings

if TYPE_CHECKING:
    from coop_tui.web.origins import PublicUrl
    from coop_tui.web.passes import StationPasses
    from services.policy import Policy

PORT = 8000
TITLE = "Cooperativa en Línea"
MISSING = "falta la parte web del programa: instale «coop-tui[web]» (en una copia del código: uv sync --extra web)"


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, default=PORT, help=f"puerto; {PORT} si no se dice, 0 elige uno libre")
    parser.add_argument("--listen", default="127.0.0.1", metavar="IP", help="dirección donde escucha (127.0.0.1)")
    parser.add_argument("--public-url", metavar="URL", help="dirección que usan los navegadores: https://coop.example")
    parser.add_argument(
        "--trusted-proxy",
        action="append",
        default=[],
        metavar="IP",
        help="proxy cuyo X-Forwarded-For se cree (dirección o red; se puede repetir)",
    )
    parser.add_argument("--portal", action="store_true", help="el portal de los asociados, en vez del personal")
    parser.add_argument("--link", action="store_true", help="imprime un enlace de un solo uso que registra un puesto")
    parser.add_argument("--terminal", metavar="NOMBRE", help="con --link: nombre del puesto en la auditoría")
    parser.add_argument("--channel", choices=CHANNELS[:3], help="con --link: canal en que atiende el puesto")
    parser.add_argument("--trail", action="store_true", help=argparse.SUPPRESS)  # the server's own writer of the trail
    parser.add_argument("--forget", metavar="NOMBRE", help="da de baja los puestos y enlaces de ese nombre")


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    if settings.store_id is None:
        from coop_tui.wiring import StoreNotReady

        raise StoreNotReady
    from coop_tui.policy_file import policy_in_force

    if options.trail:
        from coop_tui.web.trail_writer import write_trail

        return write_trail(settings, sys.stdin)
    policy = policy_in_force(settings)
    if options.portal and (options.link or options.forget):
        raise Usage("el portal no tiene puestos: --portal va sin --link ni --forget")
    if options.forget:
        gone = _stations(settings, policy).forget(options.forget)
        answer(options, {"forgotten": gone}, [f"Dados de baja: {gone}."])
        return 0 if gone else 1
    url = _public_url(options, options.port)
    if options.link:
        return _link(options, settings, policy, url)
    if options.terminal or options.channel:
        raise Usage("--terminal y --channel van con --link")
    return _serve(options, settings, policy)


def _link(options: argparse.Namespace, settings: Settings, policy: Policy, url: PublicUrl) -> int:
    """Print a link for one more station of the server that runs, or will."""
    stations = _stations(settings, policy)
    stations.purge()
    link = f"{url.text}/#{stations.new_link(options.terminal, options.channel)}"
    minutes = policy.web_staff.link_minutes
    answer(options, {"link": link, "minutes": minutes}, [link, f"Sirve una vez, durante {minutes} minutos."])
    return 0


def _serve(options: argparse.Namespace, settings: Settings, policy: Policy) -> int:
    """Answer until SIGTERM or Ctrl+C."""
    from coop_tui.logs import log_to

    try:
        import aiohttp  # noqa: F401 - asked here, so that its absence has an answer
    except ModuleNotFoundError:
        raise Usage(MISSING) from None
    from coop_tui.web.door import Door, Place
    from coop_tui.web.origins import networks
    from coop_tui.web.pages import WebMissing, static_files
    from coop_tui.web.passes import OpenPasses
    from coop_tui.web.session import Program
    from coop_tui.web.trail import TrailPipe
    from services.web_policy import START, STOP

    try:
        static_files()
        trusted = networks(options.trusted_proxy)
    except WebMissing:
        raise Usage(MISSING) from None
    except ValueError:
        raise Usage("--trusted-proxy es una dirección o una red: 127.0.0.1, 10.0.0.0/24") from None
    listening = _listen(options)
    command = [sys.executable, "-P", "-m", "coop_tui", "--data", str(settings.data_dir)]
    if subprocess.run([*command, "db", "check"], stdout=subprocess.DEVNULL, check=False).returncode != 0:
        return 1  # It has said on standard error what is wrong with the store.
    url = _public_url(options, listening.getsockname()[1])
    log_to(settings.log_path)
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)  # It would write what strangers send.
    place = Place(TITLE, url, trusted)
    trail = TrailPipe([*command, "serve", "--trail"], Path.cwd())
    if options.portal:
        program = Program([*command, "portal"], Path.cwd(), {"COOP_CHANNEL": "web"})
        door = Door(
            place,
            OpenPasses(settings.data_dir / "web", policy.web_portal.pass_hours),
            policy.web_portal,
            program,
            trail,
        )
        hint = "El portal de los asociados."
    else:
        stations = _stations(settings, policy)
        stations.purge()
        door = Door(place, stations, policy.web_staff, Program(command, Path.cwd(), {}), trail)
        hint = "Registre cada puesto con: coop-tui serve --link"
    answer(options, {"url": url.text}, [f"{url.text}  (Ctrl+C para terminar)", hint])
    sys.stdout.flush()  # a script that reads the address through a pipe waits for this line
    trail.note(START, settings.terminal, portal=bool(options.portal), url=url.text)
    try:
        door.serve(listening)
    finally:
        trail.note(STOP, settings.terminal, unsaid=door.unsaid)
        trail.close()
    return 0


def _stations(settings: Settings, policy: Policy) -> StationPasses:
    from coop_tui.web.passes import StationPasses

    return StationPasses(settings.data_dir / "web", policy.web_staff.pass_hours, policy.web_staff.link_minutes)


def _public_url(options: argparse.Namespace, port: int) -> PublicUrl:
    """The address of the browsers: as told, or this machine's own. Raises Usage."""
    from coop_tui.web.origins import LOOPBACK_NAMES, public_url

    if options.public_url is None and options.listen not in LOOPBACK_NAMES:
        raise Usage("con --listen fuera de esta máquina diga también --public-url https://…")
    name = f"[{options.listen}]" if ":" in options.listen else options.listen
    try:
        return public_url(options.public_url or f"http://{name}:{port}")
    except ValueError as error:
        raise Usage(str(error)) from None


def _listen(options: argparse.Namespace) -> socket.socket:
    """The bound socket. Raises Usage where the address is another's or taken."""
    family = socket.AF_INET6 if ":" in options.listen else socket.AF_INET
    try:
        return socket.create_server((options.listen, options.port), family=family)
    except OSError as error:
        raise Usage(f"no se puede escuchar en {options.listen}:{options.port} ({error.strerror})") from None


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError("debe ser un número entre 0 y 65535")
    return int(text)
