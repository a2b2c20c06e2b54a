"""What is wrong with import files: file, line and reason, collected so that one run shows many."""

from dataclasses import dataclass, field

LIMIT = 50


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `line` counts from 1 with the header; 0 where the file as a whole is to blame."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, línea {self.line}: {self.reason}" if self.line else f"{self.file}: {self.reason}"


class TooManyProblems(Exception):
    """The limit was reached: nobody reads more than this, and the cause is one."""


@dataclass(slots=True)
class Problems:
    """The findings so far. The reasons never repeat what stood in a field: it may hold anything."""

    limit: int = LIMIT
    found: list[Problem] = field(default_factory=list)

    def add(self, file: str, line: int, reason: str) -> None:
        """Note one. Raises TooManyProblems when it was the last that is taken."""
        self.found.append(Problem(file, line, reason))
        if len(self.found) >= self.limit:
            raise TooManyProblems

    def __bool__(self) -> bool:
        return bool(self.found)
