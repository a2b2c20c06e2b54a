"""Reads the catalogue files: TOML, checked field by field, with errors that name file, row and field."""

import re
import tomllib
from collections.abc import Callable, Iterable
from datetime import date, datetime
from enum import StrEnum
from importlib import resources
from typing import Any, TypeVar

from data.values.errors import InvalidValue
from data.values.money import Money

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class CatalogError(Exception):
    """A catalogue file can't be used; ``message_es`` names the file, the row and the field."""

    def __init__(self, message_es: str) -> None:
        super().__init__(message_es)
        self.message_es = message_es


class Row:
    """One TOML table, read field by field; ``done`` refuses fields that nobody asked for (misspelt ones)."""

    def __init__(self, where: str, fields: dict[str, Any]) -> None:
        self._where = where
        self._fields = fields
        self._read: set[str] = set()

    def error(self, problem: str) -> CatalogError:
        """An error that says where."""
        return CatalogError(f"{self._where}: {problem}")

    def _get(self, key: str, kind: type[T], default: T | None) -> T:
        self._read.add(key)
        value = self._fields.get(key, default)
        if value is None:
            raise self.error(f"falta «{key}»")
        # bool is an int in Python, and a datetime is a date: neither may pass for the other.
        if not isinstance(value, kind) or (type(value) is bool and kind is not bool) or type(value) is datetime:
            raise self.error(f"«{key}» no es del tipo esperado")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A text; empty only if the default is empty."""
        value = self._get(key, str, default)
        if not value.strip() and default != "":
            raise self.error(f"«{key}» está vacío")
        return value

    def flag(self, key: str, default: bool | None = None) -> bool:
        """true or false."""
        return self._get(key, bool, default)

    def day(self, key: str) -> date:
        """A TOML date."""
        return self._get(key, date, None)

    def optional_day(self, key: str) -> date | None:
        """A TOML date or nothing."""
        return self.day(key) if key in self._fields else None

    def optional_int(self, key: str) -> int | None:
        """A whole number or nothing."""
        return self._get(key, int, None) if key in self._fields else None

    def money(self, key: str) -> Money:
        """An amount, written as text («0.50») so that no float is ever read."""
        try:
            return Money.from_file(self.text(key))
        except InvalidValue as error:
            raise self.error(f"«{key}»: {error.message_es}") from None

    def optional_money(self, key: str) -> Money | None:
        """An amount or nothing."""
        return self.money(key) if key in self._fields else None

    def moneys(self, key: str) -> tuple[Money, ...]:
        """A list of amounts, empty when absent."""
        try:
            return tuple(Money.from_file(text) for text in self.texts(key))
        except InvalidValue as error:
            raise self.error(f"«{key}»: {error.message_es}") from None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, empty when absent."""
        values = self._get(key, list, [])
        if not all(isinstance(value, str) and value.strip() for value in values):
            raise self.error(f"«{key}» debe ser una lista de textos")
        return tuple(values)

    def choice(self, key: str, kind: type[E], default: E | None = None) -> E:
        """One of the values of an enumeration."""
        try:
            return kind(self.text(key, default))
        except ValueError:
            raise self.error(f"«{key}» debe ser uno de: {', '.join(kind)}") from None

    def choices(self, key: str, kind: type[E]) -> tuple[E, ...]:
        """One or more values of an enumeration."""
        values = self.texts(key)
        if not values or any(value not in set(kind) for value in values):
            raise self.error(f"«{key}» debe llevar valores de: {', '.join(kind)}")
        return tuple(kind(value) for value in values)

    def pattern(self, key: str) -> re.Pattern[str]:
        """A regular expression, to be used with ``fullmatch``."""
        try:
            return re.compile(self.text(key))
        except re.error:
            raise self.error(f"«{key}» no es una expresión regular válida") from None

    def rows(self, key: str, name: str = "id") -> list["Row"]:
        """The array of tables under ``key``; ``name`` is the field that names a row in errors."""
        values = self._get(key, list, [])
        if not all(isinstance(value, dict) for value in values):
            raise self.error(f"«{key}» debe ser una lista de tablas")
        return [
            Row(f"{self._where}, {key} {number} ({value.get(name, '?')})", value)
            for number, value in enumerate(values, start=1)
        ]

    def table(self, key: str) -> "Row":
        """The table under ``key``."""
        return Row(f"{self._where}, {key}", self._get(key, dict, None))

    def names(self) -> tuple[str, ...]:
        """The names of the fields, where the file chooses them."""
        return tuple(self._fields)

    def done(self) -> None:
        """Refuse fields that were not read."""
        unknown = sorted(self._fields.keys() - self._read)
        if unknown:
            raise self.error(f"campo desconocido «{unknown[0]}»")


def read_catalog(file_name: str, text: str | None = None) -> Row:
    """Read a catalogue file of this package, or ``text`` in its place.

    Raises: CatalogError if it is not TOML.
    """
    source = resources.files("data.catalog").joinpath(file_name).read_text("utf-8") if text is None else text
    try:
        return Row(file_name, tomllib.loads(source))
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(f"{file_name}: no es TOML válido ({error})") from None


def unique(items: Iterable[T], key: Callable[[T], str], file_name: str) -> dict[str, T]:
    """Items by key.

    Raises: CatalogError if two share one or if there are none.
    """
    found: dict[str, T] = {}
    for item in items:
        if key(item) in found:
            raise CatalogError(f"{file_name}: «{key(item)}» está repetido")
        found[key(item)] = item
    if not found:
        raise CatalogError(f"{file_name}: no tiene filas")
    return found


class Confidence(StrEnum):
    """How sure a row is: read in a source, told by one secondary source, or a default to be confirmed."""

    KNOWN = "known"
    PROBABLE = "probable"
    ASSUMED = "assumed"
