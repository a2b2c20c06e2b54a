"""The steps of the first access in their one order (S101, req. 30): which is next, as a pure function of the times."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

STEPS = ("password", "username", "image", "questions", "services", "relogin", "contract")
WIZARD_STEPS = STEPS[:5]
#: How the steps are called in texts.
NAMES: Mapping[str, str] = {
    "password": "el cambio de contraseña",
    "username": "el cambio de usuario",
    "image": "la imagen de seguridad",
    "questions": "las preguntas de seguridad",
    "services": "los servicios",
    "relogin": "ingresar con sus datos nuevos",
    "contract": "el contrato",
}


class StepTimes(Protocol):
    """When each step was taken; None: not yet. A row of `access` has them."""

    password_at: datetime | None
    username_at: datetime | None
    image_at: datetime | None
    questions_at: datetime | None
    services_at: datetime | None
    relogin_at: datetime | None
    contract_at: datetime | None


def first_missing(times: StepTimes, *, wizard_only: bool = False) -> str | None:
    """The first step without a time; None when all are taken. `wizard_only`: of the first five."""
    done = {
        "password": times.password_at,
        "username": times.username_at,
        "image": times.image_at,
        "questions": times.questions_at,
        "services": times.services_at,
        "relogin": times.relogin_at,
        "contract": times.contract_at,
    }
    steps = WIZARD_STEPS if wizard_only else STEPS
    return next((step for step in steps if done[step] is None), None)
