"""What tests of recordings share: the app with its recorder, what stood on the screen, what was kept of it."""

from __future__ import annotations

from coop_tui.app import StaffApp
from coop_tui.shadow_screen import hidden_regions
from services.recording_frames import HIDDEN, Step, text_of
from services.unit_of_work import UnitOfWork
from tests.screens.support import screen_text
from tests.services.recorded import examined_in


def recordable(app: StaffApp) -> StaffApp:
    """The app records what is done in it."""
    app._wants_recording = True
    return app


def screen_to_keep(app: StaffApp) -> str:
    """The screen as it stands, blank where a recording must be."""
    lines = screen_text(app).split("\n")
    width, height = app.size
    rows = [list(line.ljust(width)) for line in lines] + [[" "] * width for _ in range(height - len(lines))]
    for region in hidden_regions([*app._background_screens, app.screen]):
        for y in region.line_range:
            for x in region.column_range:
                rows[y][x] = HIDDEN
    return tidy("\n".join("".join(row).rstrip() for row in rows))


def tidy(text: str) -> str:
    return text.rstrip("\n") + "\n"


def shown_in(step: Step) -> str:
    return tidy("\n".join(text_of(step.frame)))


def kept_steps(uow: UnitOfWork) -> list[Step]:
    """Every readable step of the newest recording, which must be in order."""
    with uow.engine.connect() as connection:
        newest = connection.exec_driver_sql("SELECT id FROM recording ORDER BY started_at DESC, id DESC").scalar()
    found = examined_in(uow, str(newest))
    assert found.problems == (), found.problems
    return [found.steps[number] for number in sorted(found.steps)]
