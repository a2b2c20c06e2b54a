"""The member's record (ficha): who is served, where the first access stands, the accounts, and one key for each act."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import ItemGrid

from screens import record_commands as commands
from screens.base import LineEcho
from screens.desk_commands import OrdersInProcess
from screens.flow import background_flow, flow
from screens.layout import WIDE_COLUMNS
from screens.money_commands import ALSO, MONEY
from screens.record_line import complete, movements_words
from screens.record_panels import access_line, access_stages, account_cells, diagnosis_line, identity_lines
from screens.record_plans import RecordPlans
from services.errors import CoopError
from services.operations import Op
from services.records import OpenRecord, Record, open_record, refresh_record
from widgets.command import CommandClass
from widgets.panel import Panel
from widgets.plain_table import Column, PlainTable
from widgets.shell import Served
from widgets.stage_list import StageList
from widgets.text import PlainText

if TYPE_CHECKING:
    from services.account_view import AccountRow

VERIFY = "Requiere verificación"
COLUMNS = (
    Column("N.º", "right", 3),
    Column("Cuenta", width=20),
    Column("Producto", width=30),
    Column("Saldo", "right", 13),
)


class RecordScreen(RecordPlans):
    """One member. Everything below the asked level is masked by the service, not here."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (
        *commands.USUAL,
        commands.FindAnother,
        commands.Refresh,
        commands.FinishCall,
        *(command for command in MONEY if not command.keys),
        *commands.SELDOM,
        OrdersInProcess,
    )
    CSS_PATH = "record.tcss"
    AUTO_FOCUS = "#accounts"
    HELP = (
        "Ficha de quien atiende. Las letras subrayadas son las acciones; las que están entre paréntesis dicen"
        " por qué no se pueden usar al pulsarlas. Con «:» se escriben: tr 1 2 75, act, cred, desb, preg, ver, mov 1 20."
    )

    wanted: str | None = None
    """The operation that was refused last: what the caller is verified for next."""

    def compose_body(self) -> ComposeResult:
        """Identity and X-ray side by side, the accounts beneath."""
        with ItemGrid(id="upper", stretch_height=True):
            yield Panel("Identidad", PlainText(multiline=True, id="identity"), id="identity-panel")
            yield Panel(
                "Acceso en línea",
                PlainText(id="diagnosis"),
                PlainText(id="access-line"),
                StageList(id="stages"),
                id="access-panel",
            )
        yield Panel("Cuentas", PlainTable(COLUMNS, id="accounts"), id="accounts-panel")

    def on_mount(self) -> None:
        """Ask for the record as soon as the screen stands."""
        super().on_mount()
        self.load()

    # Showing --------------------------------------------------------------------------------------

    @flow
    async def load(self) -> None:
        """Open the member's case and show what the caller's level lets be seen."""
        try:
            record = await self.call(open_record, OpenRecord(self.member_id))
        except CoopError as error:
            self.shell.notify_safe(error.user_text, severity="error")
            if self.is_attached:
                self.leave()
            return
        self.show(record)

    async def reload(self) -> None:
        """Read the record again, after something changed."""
        self.show(await self.call(refresh_record, OpenRecord(self.member_id)))

    def show(self, record: Record) -> None:
        """Draw a record; who is served stands in the banner of every screen."""
        if not self.is_attached:
            return
        self.record = record
        self.forget_amounts()
        self.shows_verified = record.level > 0
        level = f"N{record.level}" if record.level else ""
        self.shell.serve(Served(record.name, record.number, record.kind_label, level, record.lease_expires_at))
        self._draw()
        self.query_one("#accounts", PlainTable).show_rows([account_cells(row) for row in self.rows()])
        self.refresh_commands()

    def on_resize(self) -> None:
        """Fit to the new size."""
        self._draw()

    def _draw(self) -> None:
        record = self.record
        if record is None:
            return
        narrow = self.app.size.width < WIDE_COLUMNS
        self.query_one("#identity", PlainText).show(identity_lines(record, narrow=narrow))
        self.query_one("#diagnosis", PlainText).show(diagnosis_line(record, self.key_of_operation))
        facts = self.query_one("#access-line", PlainText)
        facts.show(access_line(record))
        facts.display = bool(facts.plain_text)
        self.query_one(StageList).show_stages(access_stages(record, self.shell.now(), narrow=narrow))
        self.query_one("#access-panel", Panel).retitle("Acceso en línea", record.access.state_label)
        note = "" if record.level else "Los saldos se ven desde N1"
        self.query_one("#accounts-panel", Panel).retitle("Cuentas", note)

    def rows(self) -> list[AccountRow]:
        """The accounts in the order of their numbers."""
        return [row for group in (self.record.groups if self.record else ()) for row in group.rows]

    def key_of_operation(self, operation: str) -> str:
        """The key that starts an operation, as the X-ray names it («C»)."""
        for command in self.commands():
            if command.operation == operation:
                letter = next((key for key in self.shell.keys_of(command) if len(key) == 1), "").upper()
                return letter or (f":{command.words[0]}" if command.words else command.label)
        return ""

    def disabled_reason(self, command: CommandClass) -> str | None:
        """What the service said of each operation when the record was read; the service decides again."""
        if self.record is None or not command.operation:
            return None
        abilities = self.record.abilities
        reasons = [abilities.get(name) for name in (command.operation, *(op.value for op in ALSO.get(command, ())))]
        if not all(reasons):
            return None
        # What a verified caller could do wins over what nobody can do with these accounts.
        return next((reason for reason in reasons if reason and reason.startswith(VERIFY)), reasons[0])

    def verification_ended(self) -> None:
        """Mask everything again."""
        self.read_by_itself()

    def mail_moved(self) -> None:
        """A message went out or failed: perhaps the one that the X-ray tells of."""
        if self.record is not None and self.record.access.mail is not None:
            self.read_by_itself()

    def request_decided(self) -> None:
        """Perhaps what waits of this member: their balances moved with it."""
        if self.record is not None and self.record.pending:
            self.read_by_itself()

    @property
    def open_orders(self) -> frozenset[str]:
        """What the identity panel tells as in process."""
        return self.record.open_orders if self.record is not None else frozenset()

    def orders_ended(self, ids: frozenset[str]) -> None:
        """Their money left or came back."""
        del ids
        self.read_by_itself()

    @background_flow
    async def read_by_itself(self) -> None:
        """Read again without counting as somebody's presence (req. 13)."""
        self.show(await self.call(refresh_record, OpenRecord(self.member_id, automatic=True)))

    # Coming and going -----------------------------------------------------------------------------

    @flow
    async def action_refresh(self) -> None:
        """F5."""
        await self.reload()

    @flow
    async def action_finish(self) -> None:
        """F7: the call is over."""
        if not await self.basket_may_go():
            return
        from services.case_kinds import INQUIRY
        from services.cases import CloseCase, close_case
        from services.timeline import what_text

        if self.record is not None and self.record.case_id is not None:
            closed = await self.call(close_case, CloseCase(self.member_id))
            done = [what_text(word) for word in closed.outcome.split() if word != INQUIRY]
            self.shell.notify_safe(f"Atención terminada: {' · '.join(done) or INQUIRY}.")
        self.leave()

    @flow
    async def action_find_another(self) -> None:
        """F3: the desk's box. The case stays open until another member is served or F7 ends it."""
        if await self.basket_may_go():
            self.leave()

    async def action_back(self) -> None:
        """Esc: the same."""
        self.action_find_another()

    def leave(self) -> None:
        """Take the member off every screen."""
        self.shell.serve(None)
        self.dismiss(None)

    @flow
    async def action_verify(self) -> None:
        """V."""
        from screens.verify import FULL_LEVEL, VerifyScreen

        purpose = self.wanted or (self.record.access.fix if self.record else None)
        level = await self.app.push_screen_wait(VerifyScreen(self.member_id, purpose or Op.CALLER_VERIFY.value))
        self.wanted = None
        await self.reload()
        if level == FULL_LEVEL:  # In the line and not as a toast, which would lie over the next payment's review.
            self.say("Verificación completa: N3.")

    async def run_command(self, command: CommandClass, arguments: str | None = None) -> None:
        """Remember what was refused: verifying the caller next is for that, and the code's message names it."""
        if command.operation and self.disabled_reason(command) is not None:
            self.wanted = command.operation
        await super().run_command(command, arguments)

    # Accounts and the `:` line --------------------------------------------------------------------

    def current_account(self) -> AccountRow | None:
        """The account under the cursor."""
        key = self.query_one("#accounts", PlainTable).current_key
        return next((row for row in self.rows() if str(row.account_id) == key), None)

    def action_movements(self) -> None:
        """M, for the account under the cursor."""
        self.show_movements(self.current_account(), 10)

    def line_movements(self, arguments: str) -> None:
        """`mov 1 30`."""
        found = movements_words(arguments, self.rows())
        if found.row is None:
            self.say(found.text, "warning")
        else:
            self.show_movements(found.row, found.count)

    @on(PlainTable.RowChosen, "#accounts")
    async def _account_chosen(self) -> None:
        await self.run_command(commands.ShowMovements)

    def line_echo(self, command: CommandClass, arguments: str) -> LineEcho:
        """What the line would do, in plain Spanish, with the accounts by name."""
        if command is commands.ShowMovements and arguments and self.reason_against(command) is None:
            found = movements_words(arguments, self.rows())
            return LineEcho(found.text, runnable=found.row is not None)
        return super().line_echo(command, arguments)

    def line_choices(self, command: CommandClass, arguments: str) -> list[str]:
        """What completes a line: account numbers, sizes, and what money adds."""
        if command is commands.ShowMovements:
            return complete(arguments, self.rows())
        return super().line_choices(command, arguments)
