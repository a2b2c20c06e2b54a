"""The one error that every value type raises."""


class InvalidValue(ValueError):
    """What was typed is not a value of this type.

    Attributes:
        message_es: Spanish text for the person at the keyboard. It never repeats what was typed: a bad
            value may hold a card number, an answer or terminal escapes, and errors reach logs.
    """

    def __init__(self, message_es: str) -> None:
        super().__init__(message_es)
        self.message_es = message_es
