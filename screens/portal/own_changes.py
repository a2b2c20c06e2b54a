"""The same screens as in the first access, for what a member changes later: each asks for a fresh password and tells of
it by mail (S53, S78).
"""

from __future__ import annotations

from data.secrets import Secret
from screens.portal.change_password import MemberPassword
from screens.portal.change_username import ChangeUsername
from screens.portal.image import ChooseImage
from screens.portal.questions import ChooseQuestions
from screens.portal.services import ChooseServices, Finish
from services import member_security as security
from services.first_access import PasswordFacts, SetImage
from services.security_questions import NewAnswer


class Save(Finish):
    """Guarda el cambio."""

    label = "Guardar"


class OwnPassword(MemberPassword):
    """«Cambio de Contraseña»."""

    async def facts(self) -> PasswordFacts:
        """What the rules need to know of the member."""
        return await self.call(security.own_password_facts)

    async def save(self, current: Secret, new: Secret, repeat: Secret) -> security.Changed:
        """Hand it to the service."""
        return await self.call(security.change_own_password, security.ChangeOwnPassword(current, new, repeat))


class OwnUsername(ChangeUsername):
    """«Cambio de Usuario»."""

    async def save(self, username: str) -> security.Changed:
        """Hand it to the service."""
        return await self.call(security.change_username, security.ChangeUsername(username))


class OwnImage(ChooseImage):
    """«Imagen de Seguridad»."""

    async def save(self, command: SetImage) -> security.Changed:
        """Hand it to the service."""
        return await self.call(security.change_image, command)


class OwnQuestions(ChooseQuestions):
    """«Preguntas de Seguridad»."""

    async def save(self, answers: tuple[NewAnswer, ...]) -> security.Changed:
        """Hand it to the service."""
        return await self.call(security.change_questions, security.ChangeQuestions(answers))


class OwnServices(ChooseServices):
    """«Servicios»."""

    ACTIONS = (Save,)

    async def save(self, chosen: frozenset[str]) -> security.Changed:
        """Hand it to the service."""
        return await self.call(security.change_services, security.ChangeServices(chosen))
