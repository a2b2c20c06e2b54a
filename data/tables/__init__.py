"""Every table of the store. Importing this package fills SQLModel.metadata."""

from data.tables.access import (
    Access,
    Consent,
    RememberedDevice,
    SecurityAnswer,
    TemporaryCredential,
)
from data.tables.audit import AuditEvent, AuditSeal
from data.tables.audit_work import AuditComment, AuditMark, AuditQuestion, AuditSignOff
from data.tables.cash import CashHandover, CashMark, Drawer
from data.tables.follow_ups import FollowUp, FollowUpEnd
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
from data.tables.patterns import PatternClosure, PatternLine
from data.tables.payments import (
    ApprovalRequest,
    BillerOrder,
    Favourite,
    Reconciliation,
    ReconciliationLine,
    Schedule,
    ScheduleRun,
)
from data.tables.policy import PolicyVersion
from data.tables.portal import (
    AnswerFailure,
    Challenge,
    ContractSignature,
    ImageReport,
    MemberCode,
    MemberDoor,
    MemberSession,
    PortalTry,
    StatementMail,
)
from data.tables.privacy import Breach, BreachStep, PrivacyRequest, PrivacyStep
from data.tables.proposals import Proposal
from data.tables.recordings import Recording, RecordingChunk
from data.tables.staff import Staff, StaffRelative, StaffSession
from data.tables.verification import Case, Factor, Lease, OneTimeCode, VerificationBlock

__all__ = [
    "Access",
    "Account",
    "AnswerFailure",
    "ApprovalRequest",
    "AuditComment",
    "AuditEvent",
    "AuditMark",
    "AuditQuestion",
    "AuditSeal",
    "AuditSignOff",
    "BillerOrder",
    "Breach",
    "BreachStep",
    "Case",
    "CashHandover",
    "CashMark",
    "Challenge",
    "Consent",
    "ContactChange",
    "ContractSignature",
    "Drawer",
    "Entry",
    "Factor",
    "Favourite",
    "FollowUp",
    "FollowUpEnd",
    "Hold",
    "HoldRelease",
    "ImageReport",
    "ImportedFile",
    "Lease",
    "Member",
    "MemberCode",
    "MemberDoor",
    "MemberNote",
    "MemberSession",
    "NameToken",
    "NameVariant",
    "OneTimeCode",
    "Operation",
    "Outbox",
    "PatternClosure",
    "PatternLine",
    "PolicyVersion",
    "PortalTry",
    "PrivacyRequest",
    "PrivacyStep",
    "Proposal",
    "Reconciliation",
    "ReconciliationLine",
    "Recording",
    "RecordingChunk",
    "RememberedDevice",
    "RollUp",
    "Schedule",
    "ScheduleRun",
    "SecurityAnswer",
    "Staff",
    "StaffRelative",
    "StaffSession",
    "StatementMail",
    "StoreMeta",
    "TemporaryCredential",
    "Transfer",
    "VerificationBlock",
]
