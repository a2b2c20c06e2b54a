"""The part of the policy that concerns the member's own side (services/policy.py reads it)."""

from dataclasses import dataclass

#: What a member may be asked for before an operation of their own, from nothing to a code for this very payment.
MEMBER_PROOFS = frozenset({"session", "answer", "password", "code"})
#: The name of a member's own share among the roles of a limit.
MEMBER = "asociado"


@dataclass(frozen=True, slots=True)
class PortalPolicy:
    """Minutes of a session (kiosk, web), of a step of the sign-in, of a proof; tries in their windows."""

    kiosk_idle_minutes: int
    kiosk_notice_seconds: int
    kiosk_absolute_minutes: int
    web_idle_minutes: int
    web_absolute_minutes: int
    door_minutes: int
    door_per_origin: int
    door_per_user: int
    door_window_minutes: int
    proof_minutes: int
    password_min: int
    password_recommended: int
    username_min: int
    username_max: int
    registrations_per_origin: int
    registrations_per_number: int
    registration_window_minutes: int
    challenge_from: int
    challenge_minutes: int
    codes_per_window: int


@dataclass(frozen=True, slots=True)
class StatementsPolicy:
    """The general statement goes out from `first_day` to `last_day` of the month after; a card's, `card_after_days`
    after its cut and not later than `card_within_days`. `card_cut_day`: of cards that have none of their own (S62). A
    member asks for `asked_per_hour` more at most."""

    first_day: int
    last_day: int
    card_cut_day: int
    card_after_days: int
    card_within_days: int
    asked_per_hour: int


@dataclass(frozen=True, slots=True)
class PrivacyPolicy:
    """Business days for the answer to a request over personal data; hours to tell of a breach (L8, req. 54)."""

    answer_business_days: int
    breach_hours: int
