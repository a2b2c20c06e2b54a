"""A receipt as files on the desk's own disk: a PDF, and the text for a printer of 40 columns (req. 44, 58)."""

import re
from pathlib import Path

from data.secrets.private_file import write_private
from services.errors import CoopError
from services.receipt_print import Slip, pdf, text40


class ReceiptNotSaved(CoopError):
    """The disk refused; the operation itself stands as the receipt says."""

    code = "receipt_not_saved"
    default = (
        "No se pudo guardar el comprobante en el disco. La operación quedó como dice la pantalla; reintente con F9."
    )


def save_receipt(slip: Slip, folder: Path) -> tuple[Path, Path]:
    """Write `comprobante-2026-0000123.pdf` and `.txt` into `folder`, readable by their owner alone (0600).

    The same receipt again is the same files. Raises ReceiptNotSaved.
    """
    name = re.sub(r"[^0-9A-Za-z-]", "_", f"{slip.file_name}{'-copia' if slip.copy else ''}")
    paths = folder / f"{name}.pdf", folder / f"{name}.txt"
    try:
        write_private(paths[0], pdf(slip))
        write_private(paths[1], text40(slip).encode())
    except OSError as error:
        raise ReceiptNotSaved from error
    return paths
