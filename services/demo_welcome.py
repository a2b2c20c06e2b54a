"""What the sign-in screen of a demonstration says: who can come in. A real store says nothing."""

from sqlalchemy import select
from sqlmodel import col

from data.tables import StoreMeta
from services.unit_of_work import UnitOfWork


def demo_welcome(uow: UnitOfWork) -> str:
    """`Demostración: mrodriguez / …`, or an empty text where the store isn't a demonstration."""
    with uow.engine.connect() as connection:
        found = connection.execute(select(col(StoreMeta.value)).where(col(StoreMeta.key) == "demo")).scalar()
    if found != "1":
        return ""
    from data.demo_figures.staff import demo_password, load_staff  # a demonstration alone needs them

    return f"Demostración: {load_staff()[0].username} / {demo_password()}"
