"""The service boundary's cleaner: every text that comes from a person or a file passes here once (req. 55).

``clean(text, max_length, multiline=False)`` makes text safe to store and show; ``fold(text)`` makes answers
and names comparable (req. 19).
"""

from data.values.text import REPLACEMENT, clean, fold

__all__ = ["REPLACEMENT", "clean", "fold"]
