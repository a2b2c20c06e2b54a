"""«Imagen de Seguridad»: a picture of the catalogue and the member's own name for it (S54, S55, req. 33)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from data.catalog.images import load_images
from screens.flow import flow
from screens.portal.base import Info
from screens.portal.wizard import WizardScreen
from services.errors import CoopError
from services.first_access import SetImage, set_image
from widgets.choice_list import ChoiceList
from widgets.fields import Field
from widgets.house_input import TextInput
from widgets.pixel_image import PixelImage

NAME_LIMIT = 30
TEXT = (
    "La imagen de seguridad, le ayudará a identificar que está accediendo a la Cooperativa en Línea legítima cada vez "
    "que ingrese."
)


class ChooseImage(WizardScreen):
    """The list on the left, the picture that it names on the right, its name beneath the list."""

    HEADING = "Imagen de Seguridad"
    AUTO_FOCUS = "#images"
    HELP = (
        "Recorra la lista con las flechas y mire la imagen de cada una. Enter pasa al nombre: escriba el que usted "
        "quiera, de 1 a 30 caracteres. Cada vez que ingrese verá su imagen con ese nombre."
    )
    DEFAULT_CSS: ClassVar[str] = """
    ChooseImage #image-row { height: 16; }
    ChooseImage #image-side { width: 1fr; height: 16; margin-right: 2; }
    ChooseImage #images { height: 1fr; }
    ChooseImage Field .field-label { width: 25; }
    ChooseImage Field .field-error { padding-left: 0; }
    ChooseImage .buttons { margin-top: 0; }
    ChooseImage Info { margin-bottom: 0; }
    ChooseImage .heading { margin-bottom: 0; }
    """

    def compose_form(self) -> Iterable[Widget]:
        """Text, list, name; the picture beside them."""
        self._images = ChoiceList(
            [(image.id, image.name) for image in load_images().offered()], help_text=self.HELP or "", id="images"
        )
        self._called: Field[str] = Field(
            "Nombre de su imagen:",
            TextInput(id="image-name", max_length=NAME_LIMIT, help_text="El nombre que usted le da a su imagen."),
        )
        yield Horizontal(
            Vertical(Info(TEXT), self._images, self._called, id="image-side"), PixelImage(id="picture"), id="image-row"
        )

    def on_mount(self) -> None:
        """The first picture."""
        super().on_mount()
        self.query_one("#picture", PixelImage).show(self._images.current_key)

    @on(ChoiceList.Marked, "#images")
    def _marked(self, event: ChoiceList.Marked) -> None:
        self.query_one("#picture", PixelImage).show(event.key)

    @on(ChoiceList.Chosen, "#images")
    def _chosen(self) -> None:
        self._called.input.focus()

    @on(Input.Submitted, "#image-name")
    def _submitted(self) -> None:
        self.action_forward()

    @flow
    async def action_forward(self) -> None:
        """Keep both."""
        image = self._images.current_key
        if image is None or not self._called.check():
            return
        try:
            done = await self.save(SetImage(image, self._called.given))
        except CoopError as error:
            if error.field == "name":
                self._called.show_error(error.user_text)
                self._called.input.focus()
                return
            raise
        self.dismiss(done)

    async def save(self, command: SetImage) -> Any:
        """Hand it to the service."""
        return await self.call(set_image, command)
