"""Every use case that asks for a right, by name. What each needs stands in the policy (data/catalog/policy.toml)."""

from enum import StrEnum


class Op(StrEnum):
    """The operations of the permission matrix (req. 10, 17)."""

    MEMBER_FIND = "member.find"
    MEMBER_FIND_BY_NAME = "member.find_by_name"
    QUEUE_VIEW = "queue.view"
    RECORD_VIEW = "record.view"
    BALANCES_VIEW = "balances.view"
    MOVEMENTS_VIEW = "movements.view"
    TIMELINE_VIEW = "timeline.view"
    NOTE_ADD = "note.add"
    NOTES_VIEW = "notes.view"
    CASE_OPEN = "case.open"
    CASE_CLOSE = "case.close"
    CALLER_VERIFY = "caller.verify"
    SECOND_PERSON = "second_person.give"
    VERIFICATION_UNBLOCK = "verification.unblock"
    ACCESS_REQUEST = "access.request"
    ACCESS_ACTIVATE = "access.activate"
    CREDENTIAL_ISSUE = "credential.issue"
    CREDENTIAL_FALLBACK = "credential.fallback"
    ISSUE_LIMIT_LIFT = "credential.lift_limit"
    ACCESS_UNLOCK = "access.unlock"
    QUESTIONS_RESET = "questions.reset"
    IMAGE_RESET = "image.reset"
    PASSWORD_RESET = "password.reset"  # noqa: S105  an operation's name
    DEVICES_FORGET = "devices.forget"
    CONTACT_CHANGE = "contact.change"
    CONTACT_CANCEL = "contact.cancel"
    ACCESS_SUSPEND = "access.suspend"
    ACCESS_RESUME = "access.resume"
    ACCESS_CLOSE = "access.close"
    ACCOUNT_AFFILIATE = "account.affiliate"
    TRANSFER_OWN = "transfer.own"
    TRANSFER_THIRD = "transfer.third"
    QUOTA_PAY = "quota.pay"
    QUOTA_PAY_THIRD = "quota.pay_third"
    LOAN_PAY = "loan.pay"
    LOAN_PAY_THIRD = "loan.pay_third"
    CARD_PAY = "card.pay"
    CARD_PAY_THIRD = "card.pay_third"
    SERVICE_PAY = "service.pay"
    SERVICE_PAY_THIRD = "service.pay_third"
    BILLER_PAY = "biller.pay"
    BILLER_TOP_UP = "biller.top_up"
    BILLER_RECONCILE = "biller.reconcile"
    BILLER_ATTEND = "biller.attend"
    BILLER_WITHDRAW = "biller.withdraw"
    BILLER_SETTLE = "biller.settle"
    BILLER_SETTLE_MORE = "biller.settle_more"
    CASH_DEPOSIT = "cash.deposit"
    CASH_WITHDRAW = "cash.withdraw"
    CASH_MARKS_VIEW = "cash.marks_view"
    DRAWER_WORK = "drawer.work"
    VAULT_MOVE = "vault.move"
    DRAWER_REVIEW = "drawer.review"
    PAYEE_FIND = "payee.find"
    FAVOURITE_MANAGE = "favourite.manage"
    SCHEDULE_MANAGE = "schedule.manage"
    APPROVAL_VIEW = "approval.view"
    APPROVAL_GIVE = "approval.give"
    RECEIPT_VIEW = "receipt.view"
    OPERATION_REVERSE = "operation.reverse"
    PORTAL_WIZARD = "portal.wizard"
    PORTAL_CONTRACT = "portal.contract"
    PORTAL_VIEW = "portal.view"
    PORTAL_SECURITY = "portal.security"
    PORTAL_PROOF = "portal.proof"
    IMAGE_REPORT_ATTEND = "image_report.attend"
    AUDIT_READ = "audit.read"
    AUDIT_VERIFY = "audit.verify"
    AUDIT_EXPORT = "audit.export"
    AUDIT_REVIEW = "audit.review"
    CASES_VIEW = "cases.view"
    FOLLOW_UP = "follow_up.manage"
    PATTERN_VIEW = "pattern.view"
    PATTERN_CLOSE = "pattern.close"
    LOOKS_VIEW = "looks.view"
    RECORDING_WATCH = "recording.watch"
    STAFF_MANAGE = "staff.manage"
    STAFF_APPROVE = "staff.approve"
    STAFF_UNLOCK = "staff.unlock"
    STAFF_VIEW = "staff.view"
    STAFF_END_SESSION = "staff.end_session"
    POLICY_VIEW = "policy.view"
    POLICY_PROPOSE = "policy.propose"
    POLICY_APPROVE = "policy.approve"
    IMPORT = "import.run"
    LEDGER_CHECK = "ledger.check"
    REPORT_DAY = "report.day"
    REPORT_ACCESS = "report.access"
    REPORT_HANDLING = "report.handling"
    REPORT_CHANNELS = "report.channels"
    PRIVACY_REGISTER = "privacy.register"
    PRIVACY_VIEW = "privacy.view"
    PRIVACY_ATTEND = "privacy.attend"
    PRIVACY_EXPORT = "privacy.export"
    BREACH_VIEW = "breach.view"
    BREACH_REGISTER = "breach.register"


#: What moves money; each has its limits in the policy (req. 42).
MONEY_OPS = frozenset(
    {
        Op.TRANSFER_OWN,
        Op.TRANSFER_THIRD,
        Op.QUOTA_PAY,
        Op.QUOTA_PAY_THIRD,
        Op.LOAN_PAY,
        Op.LOAN_PAY_THIRD,
        Op.CARD_PAY,
        Op.CARD_PAY_THIRD,
        Op.SERVICE_PAY,
        Op.SERVICE_PAY_THIRD,
        Op.BILLER_PAY,
        Op.BILLER_TOP_UP,
        Op.CASH_DEPOSIT,
        Op.CASH_WITHDRAW,
    }
)
