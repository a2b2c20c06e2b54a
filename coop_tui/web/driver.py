"""Textual's driver for a browser, fit for strangers: it ends with its server and takes no size from the keyboard."""

from __future__ import annotations

import contextlib

from textual import events, messages
from textual.drivers.web_driver import WebDriver
from textual.message import Message


class ServedDriver(WebDriver):
    """What the program draws goes to standard output in packets; keys and sizes come from standard input."""

    def run_input_thread(self) -> None:
        """Read until standard input ends. When the server is gone, nobody is at the other end: the program ends too."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._app.post_message(messages.ExitApp())

    def process_message(self, message: Message) -> None:
        """Hand on what was typed. A size among the keys is none of ours: a made-up one would eat the memory."""
        if not isinstance(message, events.Resize):
            super().process_message(message)

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Take the note of which device this is; the rest is Textual's."""
        if packet_type == "device":
            known = getattr(self._app, "device_known", None)
            if known is not None:
                self._loop.call_soon_threadsafe(known, str(payload["token"]))
        else:
            super().on_meta(packet_type, payload)

    def keep_device(self, token: str) -> None:
        """Have the server keep what makes this device a remembered one (S68)."""
        self.write_meta({"type": "device", "token": token})

    def write(self, data: str) -> None:
        """Send what is drawn, or drop it where nobody reads any more."""
        with contextlib.suppress(BrokenPipeError):
            super().write(data)

    def write_meta(self, data: dict[str, object]) -> None:
        """Send a note to the server, or drop it where nobody reads any more."""
        with contextlib.suppress(BrokenPipeError):
            super().write_meta(data)
