"""The sealed slip: one page for the printer of sealed envelopes, so that only the member reads the password (req. 28).

The file is mode 0600 and lives until it is printed; what a crash leaves behind goes with `purge_slips`.
"""

import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from data.secrets import Secret
from data.secrets.private_file import write_private
from data.values.dates import format_datetime
from services.errors import CoopError
from services.unit_of_work import UnitOfWork

WIDTH, HEIGHT = 595, 281  # points: 210 x 99 mm, one third of an A4 sheet
PREFIX = "sobre-"


class SlipNotWritten(CoopError):
    """The disk or the folder is in the way; no credential was issued."""

    code = "slip_not_written"
    default = "No se pudo escribir el sobre y nada se emitió. Revise la carpeta de sobres o use el código en mitades."


@dataclass(frozen=True, slots=True)
class Slip:
    """What the page says."""

    name: str
    number: str
    username: str
    password: Secret = field(repr=False)
    issued_at: datetime
    expires_at: datetime


def slip_path(folder: Path, key: str) -> Path:
    """Where the slip of a credential lies: `sobre-<key>.pdf`."""
    return folder / f"{PREFIX}{key}.pdf"


def write_slip(folder: Path, key: str, slip: Slip) -> Path:
    """Write the page, readable by its owner alone, whole or not at all. Raises SlipNotWritten."""
    path = slip_path(folder, key)
    try:
        write_private(path, slip_pdf(slip))
    except OSError as error:
        raise SlipNotWritten from error
    return path


def discard_slip(path: Path) -> None:
    """Remove a slip once it is printed, or when its credential came to nothing."""
    path.unlink(missing_ok=True)


def purge_slips(folder: Path, uow: UnitOfWork) -> int:
    """Remove slips older than a credential lives, printed or not; answers how many."""
    oldest = uow.clock.now() - timedelta(hours=uow.policy.credential.valid_hours)
    old = [path for path in folder.glob(f"{PREFIX}*.pdf") if path.stat().st_mtime < oldest.timestamp()]
    for path in old:
        discard_slip(path)
    return len(old)


def slip_pdf(slip: Slip) -> bytes:
    """The page as PDF: to whom, user and temporary password, how long it is good and what to do."""
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(WIDTH, HEIGHT), pageCompression=0, invariant=1)
    canvas.setTitle("Credenciales temporales")  # a title shows in print queues: it names nobody
    y = HEIGHT - 36
    for font, size, text in _lines(slip):
        canvas.setFont(font, size)
        canvas.drawString(42, y, text.encode("latin-1", "replace").decode("latin-1"))
        y -= size + 7
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _lines(slip: Slip) -> tuple[tuple[str, int, str], ...]:
    return (
        ("Helvetica-Bold", 13, "Cooperativa en Línea · credenciales temporales"),
        ("Helvetica", 10, f"Para: {slip.name} · asociado {slip.number}"),
        ("Helvetica", 10, f"Emitidas el {format_datetime(slip.issued_at)}"),
        ("Courier-Bold", 14, f"Usuario:     {slip.username}"),
        ("Courier-Bold", 14, f"Contraseña:  {slip.password.reveal()}"),
        ("Helvetica", 10, f"Sirven una sola vez, hasta el {format_datetime(slip.expires_at)}."),
        ("Helvetica", 10, "Al ingresar se le pedirá cambiarlas y confirmar su cédula y su fecha de nacimiento."),
        ("Helvetica", 10, "La contraseña no lleva cero, uno, letra O, letra I ni letra ele minúscula."),
        ("Helvetica", 10, "Si recibió este sobre abierto, no use las credenciales y llame al 205-0911."),
        ("Helvetica", 10, "Nadie de la Cooperativa le pedirá su contraseña. Destruya esta hoja después de usarla."),
    )
