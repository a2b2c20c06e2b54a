"""Every table of the store. Importing this package fills SQLModel.metadata."""

from data.tables.access import (
    Access,
    Consent,
    RememberedDevice,
    SecurityAnswer,
    TemporaryCredential,
)
from data.tables.audit import AuditEvent, AuditSeal
from data.tables.cash import CashHandover, CashMark, Drawer
from data.tables.ledger import Account, Entry, Hold, HoldRelease, Operation, RollUp, Transfer
from data.tables.members import (
    ContactChange,
    ImportedFile,
    Member,
    MemberNote,
    NameToken,
    NameVariant,
    StoreMeta,
)
from data.tables.outbox import Outbox
from data.tables.payments import (
    ApprovalRequest,
    BillerOrder,
    Favourite,
    Reconciliation,
    ReconciliationLine,
    Schedule,
    ScheduleRun,
)
from data.tables.staff import Staff, StaffRelative, StaffSession
from data.tables.verification import Case, Factor, Lease, OneTimeCode, VerificationBlock

__all__ = [
    "Access",
    "Account",
    "ApprovalRequest",
    "AuditEvent",
    "AuditSeal",
    "BillerOrder",
    "Case",
    "CashHandover",
    "CashMark",
    "Consent",
    "ContactChange",
    "Drawer",
    "Entry",
    "Factor",
    "Favourite",
    "Hold",
    "HoldRelease",
    "ImportedFile",
    "Lease",
    "Member",
    "MemberNote",
    "NameToken",
    "NameVariant",
    "OneTimeCode",
    "Operation",
    "Outbox",
    "Reconciliation",
    "ReconciliationLine",
    "RememberedDevice",
    "RollUp",
    "Schedule",
    "ScheduleRun",
    "SecurityAnswer",
    "Staff",
    "StaffRelative",
    "StaffSession",
    "StoreMeta",
    "TemporaryCredential",
    "Transfer",
    "VerificationBlock",
]
