"""What a member said yes or no to (S62, L9, req. 34): the last word on each service counts, every word is kept."""

from collections.abc import Set
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlmodel import col

from data.catalog.consents import ConsentService, load_consents
from data.tables import Consent
from services.errors import InvalidInput
from services.unit_of_work import Transaction


@dataclass(frozen=True, slots=True)
class ServiceChoice:
    """One service and whether it is on."""

    service: ConsentService
    on: bool


def choices(tx: Transaction, member_id: int) -> tuple[ServiceChoice, ...]:
    """The services in the guide's order; off where the member never said anything."""
    rows = tx.connection.execute(
        select(col(Consent.service), col(Consent.given))
        .where(col(Consent.member_id) == member_id)
        .order_by(col(Consent.id))
    ).all()
    last = {row.service: bool(row.given) for row in rows}
    return tuple(ServiceChoice(service, last.get(service.id, False)) for service in load_consents().by_id.values())


def keep_choices(tx: Transaction, member_id: int, on: Set[str], *, all_of_them: bool) -> dict[str, bool]:
    """Write the yes or no to each service with the version of the text and the channel; answers what was written.

    `all_of_them`: the first time each answer is kept; later those that changed. Raises InvalidInput for an unknown id.
    """
    catalogue = load_consents()
    if not on <= catalogue.by_id.keys():
        raise InvalidInput("Elija servicios de la lista.", field="services")
    before = {choice.service.id: choice.on for choice in choices(tx, member_id)}
    wanted = {service: service in on for service in catalogue.by_id}
    written = {service: given for service, given in wanted.items() if all_of_them or given != before[service]}
    rows = [
        {
            "member_id": member_id,
            "service": service,
            "text_version": catalogue.version.isoformat(),
            "given": given,
            "at": tx.now,
            "channel": tx.operator.channel.value,
        }
        for service, given in written.items()
    ]
    if rows:
        tx.connection.execute(insert(Consent), rows)
    return written
