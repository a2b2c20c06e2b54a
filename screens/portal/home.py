"""The member's own desk: greeting, last visit, tabs, «Perfil», «Seguridad», «Salir» (S74–S92)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget

from data.catalog.products import LedgerNature
from screens.dialogs.confirm import Confirm
from screens.flow import flow
from screens.portal.account_detail import CardStatement, Detail
from screens.portal.base import PortalPage
from screens.portal.favourites import FAVOURITES, own_favourites
from screens.portal.movements import MemberMovements
from screens.portal.pay import KINDS_OF_MEMBERS, Payment
from screens.portal.pay_bill import BILLS, TOP_UPS, BillPayment
from screens.portal.payment_flow import PaymentFlow
from screens.portal.plans import PLANS, own_plans
from screens.portal.portal_shell import portal_shell
from services.account_view import AccountRow
from services.operations import Op
from services.portal_accounts import LAST_MOVEMENTS, Overview, link_of, overview
from widgets.account_groups import AccountGroup, AccountGroups, AccountLine
from widgets.choice_list import ChoiceList
from widgets.command import Command, CommandClass
from widgets.panel import PlainButton
from widgets.text import PlainText


class Accounts(Command):
    """Muestra sus cuentas."""

    id = "accounts"
    label = "Cuentas"
    keys: ClassVar[tuple[str, ...]] = ("f3", "c")
    footer = True


class Transactions(Command):
    """Muestra lo que puede transferir y pagar."""

    id = "transactions"
    label = "Transacciones"
    keys: ClassVar[tuple[str, ...]] = ("f5", "t")
    footer = True


class Profile(Command):
    """Su usuario y los servicios que recibe por correo."""

    id = "profile"
    label = "Perfil"
    keys: ClassVar[tuple[str, ...]] = ("f6", "p")
    footer = True


class Security(Command):
    """Su contraseña, su imagen, sus preguntas, sus equipos y sus últimos ingresos."""

    id = "security"
    label = "Seguridad"
    keys: ClassVar[tuple[str, ...]] = ("f7", "s")
    footer = True


class MonthStatement(Command):
    """Su estado de cuenta general de un mes: en la pantalla, y en PDF a su correo."""

    id = "month_statement"
    label = "Estados"
    keys: ClassVar[tuple[str, ...]] = ("f8", "e")


class Leave(Command):
    """Cierra su sesión; en la pantalla no queda nada suyo."""

    id = "back"
    label = "Salir"
    keys: ClassVar[tuple[str, ...]] = ("escape", "x")
    footer = True


TABS: tuple[CommandClass, ...] = (Accounts, Transactions)
LINKS: tuple[CommandClass, ...] = (MonthStatement, Profile, Security, Leave)
KEPT = {"favoritos": (FAVOURITES, own_favourites), "programados": (PLANS, own_plans)}
BILL_KINDS = {"externos": (BILLS, Op.BILLER_PAY), "recargas": (TOP_UPS, Op.BILLER_TOP_UP)}


class Home(PortalPage[None]):
    """Tabs on the left, links on the right, beneath them the greeting and the tab's own list."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (*TABS, *LINKS)
    BUTTONS = ()
    AUTO_FOCUS = "#account-groups"
    HELP = (
        "En Cuentas, las flechas recorren sus cuentas: Enter abre sus movimientos, su detalle o su extracto; 1, 2 y 3 "
        "los últimos 10, 20 o 30; + muestra más; E abre su estado de cuenta de un mes. En Transacciones, elija qué "
        "quiere hacer."
    )
    DEFAULT_CSS: ClassVar[str] = """
    Home .card { max-width: 112; }
    Home #menu { height: 1; margin-bottom: 1; }
    Home #menu PlainButton { width: auto; min-width: 6; margin-right: 1; background: $surface; color: $text-accent; }
    Home #menu PlainButton.-current { background: $accent; color: $banner-foreground; text-style: bold; }
    Home #menu PlainButton:focus { text-style: bold reverse; }
    Home #menu-gap { width: 1fr; }
    Home #greeting { text-style: bold; width: 1fr; }
    Home #last-visit { width: 1fr; color: $text-muted; margin-bottom: 1; }
    Home #accounts-pane, Home #kinds { height: 1fr; }
    Home.-tall #menu, Home.-tall #last-visit { margin-bottom: 2; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._overview: Overview | None = None

    def compose_body(self) -> Iterable[Widget]:
        """Menu, greeting, lists."""
        buttons = [PlainButton(command.label, id=command.id) for command in (*TABS, *LINKS)]
        menu = [*buttons[: len(TABS)], PlainText(id="menu-gap"), *buttons[len(TABS) :]]
        kinds = [(kind.key, kind.title) for kind in KINDS_OF_MEMBERS]
        kinds += [(key, title) for key, (title, _) in BILL_KINDS.items()]
        kinds += [(key, title) for key, (title, _) in KEPT.items()]
        yield Vertical(
            Horizontal(*menu, id="menu"),
            PlainText(id="greeting"),
            PlainText(id="last-visit"),
            VerticalScroll(AccountGroups(id="account-groups"), id="accounts-pane", can_focus=False),
            ChoiceList(kinds, id="kinds"),
            classes="card",
        )

    def on_mount(self) -> None:
        """Cuentas first."""
        super().on_mount()
        self._show_tab("accounts")
        self.load()

    # Reading ----------------------------------------------------------------------------------------

    @flow
    async def load(self) -> None:
        """Read and show the accounts."""
        await self._read()

    async def _read(self) -> None:
        found = await self.call(overview)
        self._overview = found
        self.query_one("#greeting", PlainText).show(found.greeting)
        last = f"Última visita: {found.last_visit}" if found.last_visit else "Esta es su primera visita."
        self.query_one("#last-visit", PlainText).show(last)
        self.query_one(AccountGroups).show_groups(
            [AccountGroup(group.title, tuple(map(line_of, group.rows))) for group in found.groups]
        )

    @property
    def rows(self) -> Sequence[AccountRow]:
        """The member's own accounts."""
        return [row for group in self._overview.groups for row in group.rows] if self._overview else []

    # Tabs -------------------------------------------------------------------------------------------

    def _show_tab(self, which: str) -> None:
        for command in TABS:
            self.query_one(f"#{command.id}").set_class(command.id == which, "-current")
        on_accounts = which == Accounts.id
        self.query_one("#accounts-pane").display = on_accounts
        self.query_one("#kinds").display = not on_accounts
        self.query_one("#account-groups" if on_accounts else "#kinds").focus()

    def action_accounts(self) -> None:
        """F3, C."""
        self._show_tab(Accounts.id)

    def action_transactions(self) -> None:
        """F5, T."""
        self._show_tab(Transactions.id)

    # From here --------------------------------------------------------------------------------------

    @on(AccountGroups.Opened)
    def _opened(self, event: AccountGroups.Opened) -> None:
        row = next((row for row in self.rows if str(row.account_id) == event.key), None)
        if row is not None:
            self.app.push_screen(screen_of(row, event.count))

    @on(ChoiceList.Chosen, "#kinds")
    def _chosen(self, event: ChoiceList.Chosen) -> None:
        self.pay(event.key)

    @flow
    async def pay(self, key: str) -> None:
        """One payment; what it moved is read again."""
        member_id = portal_shell(self).operator.member_id
        if key in KEPT:
            if await KEPT[key][1](self, member_id, self.rows):
                await self._read()
                self._show_tab(Accounts.id)
            return
        payment: PaymentFlow
        if key in BILL_KINDS:
            payment = BillPayment(self, member_id, BILL_KINDS[key][1], self.rows)
        else:
            kind = next(kind for kind in KINDS_OF_MEMBERS if kind.key == key)
            payment = Payment(self, member_id, kind, self.rows)
        if await payment.run() is not None:
            await self._read()
            self._show_tab(Accounts.id)

    def action_month_statement(self) -> None:
        """F8, E."""
        from screens.portal.statement import MonthlyStatement

        self.app.push_screen(MonthlyStatement())

    def action_profile(self) -> None:
        """F6, P."""
        from screens.portal.profile import Profile as ProfileScreen

        self.app.push_screen(ProfileScreen())

    def action_security(self) -> None:
        """F7, S."""
        from screens.portal.profile import Security as SecurityScreen

        self.app.push_screen(SecurityScreen())

    async def action_back(self) -> None:
        """«Salir»."""
        self.leave()

    @flow
    async def leave(self) -> None:
        """After a question."""
        question = Confirm("¿Salir de Cooperativa en Línea?", accept="Salir", trigger_keys=tuple(Leave.keys))
        if await self.app.push_screen_wait(question):
            portal_shell(self).sign_out()


def line_of(row: AccountRow) -> AccountLine:
    """An account as the list shows it; «+» shows what has no room there."""
    more = (("Descripción", row.label), ("Retenido", row.held or ""), ("Estado", row.status_label or "activa"))
    shown = tuple((label, value) for label, value in more if value)
    return AccountLine(str(row.account_id), row.number, row.label, row.balance or "", link_of(row), shown)


def screen_of(row: AccountRow, count: int) -> PortalPage[None]:
    """What an account's last column leads to (S88, S92)."""
    link, name = link_of(row), f"{row.label} {row.number}"
    if link == LAST_MOVEMENTS:
        return MemberMovements(row.account_id, name, count)
    if row.kind == LedgerNature.CARD.value:
        return CardStatement(row.account_id, name)
    return Detail(row.account_id, name)
