"""What a desk asks of services/verification.py. Answers, codes and passwords travel as secrets."""

from dataclasses import dataclass, field

from data.secrets import Secret
from services.one_time_codes import Destination


@dataclass(frozen=True, slots=True)
class BeginVerification:
    member_id: int


@dataclass(frozen=True, slots=True)
class AnswerQuestion:
    """What the caller answers to the drawn question at `position`, as the agent types it."""

    member_id: int
    position: int
    answer: Secret = field(repr=False)


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """Number, cédula and birth date (dd/mm/aaaa) as the caller says them."""

    member_id: int
    number: str = field(repr=False)
    cedula: str = field(repr=False)
    birth_date: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SendCode:
    """`purpose`: an operation of `one_time_codes.PURPOSES`; its words stand in the message."""

    member_id: int
    destination: Destination
    purpose: str


@dataclass(frozen=True, slots=True)
class CodeDelivery:
    """How the code of the open case is getting on."""

    member_id: int


@dataclass(frozen=True, slots=True)
class CheckCode:
    member_id: int
    code: Secret = field(repr=False)


@dataclass(frozen=True, slots=True)
class InPerson:
    """The cédula that the agent reads from the document in hand."""

    member_id: int
    cedula: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallbackNumber:
    member_id: int


@dataclass(frozen=True, slots=True)
class CallbackTarget:
    """The number on record, to be dialled now."""

    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallbackDone:
    """Whether the member answered at the number on record."""

    member_id: int
    answered: bool


@dataclass(frozen=True, slots=True)
class SecondPerson:
    """A supervisor's own sign-in, typed by them at the operator's desk."""

    member_id: int
    username: str
    password: Secret = field(repr=False)
    code: Secret | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class SetFlags:
    """The flags that the agent ticked, all of them; the automatic ones are not theirs."""

    member_id: int
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnblockVerification:
    member_id: int
    reason: str
