"""Small sections of the policy document (services/policy.py): minutes, counts and amounts of one subject each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutboxPolicy:
    attempts: int
    first_retry_seconds: int
    notice_hours: int


@dataclass(frozen=True, slots=True)
class SchedulesPolicy:
    """`holidays`: what becomes of a date that is no business day unless the member wants it otherwise. A payment
    without funds is tried again on so many business days. How far off its first date may be."""

    holidays: str
    retry_days: int
    most_days_ahead: int


@dataclass(frozen=True, slots=True)
class BasketsPolicy:
    most_items: int


@dataclass(frozen=True, slots=True)
class CashPolicy:
    """Amounts in centésimos. `reportable`: from which cash is reported (L4, req. 45). `blind`: a cashier counts before
    the expected amount is shown; `counts`: how many counts before a difference stands. `vault_alone`: what a cashier
    may move from or to the vault without a second person."""

    reportable: int
    blind: bool
    counts: int
    vault_alone: int


@dataclass(frozen=True, slots=True)
class ReversalPolicy:
    days: int


@dataclass(frozen=True, slots=True)
class LookupPolicy:
    per_window: int
    window_minutes: int
    name_results: int


@dataclass(frozen=True, slots=True)
class CredentialPolicy:
    valid_hours: int
    length: int
    issues_per_window: int
    issue_window_hours: int


@dataclass(frozen=True, slots=True)
class MemberAccessPolicy:
    failures_before_block: int
    device_days: int
