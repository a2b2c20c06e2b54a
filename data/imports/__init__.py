"""Import files (socios, cuentas, movimientos): reading, checking and putting them into the store.

The use case (one transaction, right, audit, progress, cancelling) is services/imports.py; no row is written from here
unless it calls `merge_members`, `merge_accounts` or `merge_movements` on its transaction.
"""

from data.imports.accounts import AccountRow, merge_accounts, parse_account
from data.imports.csv_file import FileKind, SourceFile, read_rows, read_source
from data.imports.members import MemberRow, merge_members, parse_member
from data.imports.merging import Counts, Merge
from data.imports.movements import MovementRow, merge_movements, movement_key, parse_movement
from data.imports.problems import Problem, Problems, TooManyProblems

__all__ = [
    "AccountRow",
    "Counts",
    "FileKind",
    "MemberRow",
    "Merge",
    "MovementRow",
    "Problem",
    "Problems",
    "SourceFile",
    "TooManyProblems",
    "merge_accounts",
    "merge_members",
    "merge_movements",
    "movement_key",
    "parse_account",
    "parse_member",
    "parse_movement",
    "read_rows",
    "read_source",
]
