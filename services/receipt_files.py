"""A receipt as files on the desk's own disk: a PDF, and the text for a printer of 40 columns (req. 44, 58)."""

import re
from pathlib import Path

from data.secrets.private_file import write_private
from services.errors import CoopError
from services.paper_seal import paper_seal
from services.receipt_print import Slip, pdf, text40


class ReceiptNotSaved(CoopError):
    """The disk refused; the operation itself stands as the receipt says."""

    code = "receipt_not_saved"
    default = (
        "No se pudo guardar el comprobante en el disco. La operación quedó como dice la pantalla; reintente con F9."
    )


def save_receipt(slip: Slip, folder: Path, checkpoints: Path | None = None) -> tuple[Path, Path]:
    """Write `comprobante-2026-0000123.pdf` and `.txt` into `folder`, readable by their owner alone (0600).

    With the file of the signed `checkpoints` the paper carries the last of them, and the seal of its operation, as text
    and as a QR code. The same receipt again is the same files until there is a newer checkpoint.
    Raises ReceiptNotSaved, CheckpointsUnreadable.
    """
    seal = paper_seal(checkpoints, slip.sealed) if checkpoints else None
    name = re.sub(r"[^0-9A-Za-z-]", "_", f"{slip.file_name}{'-copia' if slip.copy else ''}")
    paths = folder / f"{name}.pdf", folder / f"{name}.txt"
    try:
        write_private(paths[0], pdf(slip, seal))
        write_private(paths[1], text40(slip, seal).encode())
    except OSError as error:
        raise ReceiptNotSaved from error
    return paths
