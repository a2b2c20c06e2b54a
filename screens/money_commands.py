"""The commands of the record that move money, one for each word of the `:` line (S10–S31)."""

from __future__ import annotations

from typing import ClassVar

from services.operations import Op
from services.payment_kinds import KINDS
from widgets.command import Command, CommandClass

ACCOUNT_USAGE = "CUENTA MONTO de ORIGEN"


class Transfer(Command):
    """Transfiere entre cuentas propias o a otra persona. En la línea: tr ORIGEN DESTINO MONTO [detalle]."""

    id = "transfer"
    label = "Transferir"
    keys: ClassVar[tuple[str, ...]] = ("t",)
    words: ClassVar[tuple[str, ...]] = ("tr",)
    usage = "ORIGEN DESTINO MONTO DETALLE"
    operation = Op.TRANSFER_OWN.value
    dangerous = True


class PayPlan(Command):
    """Paga la cuota de un plan de capitalización. En la línea: pl [CUENTA] MONTO o cuota [de ORIGEN]."""

    id = "pay_plan"
    label = "Pagar plan"
    words: ClassVar[tuple[str, ...]] = ("pl",)
    usage = ACCOUNT_USAGE
    operation = Op.QUOTA_PAY.value
    dangerous = True


class PayContribution(Command):
    """Paga aportaciones, capital externo o beneficios. En la línea: ap [CUENTA] MONTO o cuota [de ORIGEN]."""

    id = "pay_contribution"
    label = "Pagar aportes"
    words: ClassVar[tuple[str, ...]] = ("ap",)
    usage = ACCOUNT_USAGE
    operation = Op.QUOTA_PAY.value
    dangerous = True


class PayLoan(Command):
    """Paga un préstamo. En la línea: pr [CUENTA] MONTO, cuota o total [de ORIGEN]."""

    id = "pay_loan"
    label = "Pagar préstamo"
    words: ClassVar[tuple[str, ...]] = ("pr",)
    usage = ACCOUNT_USAGE
    operation = Op.LOAN_PAY.value
    dangerous = True


class PayCard(Command):
    """Paga una tarjeta de crédito. En la línea: tc [CUENTA] MONTO, minimo, estado o total [de ORIGEN]."""

    id = "pay_card"
    label = "Pagar tarjeta"
    words: ClassVar[tuple[str, ...]] = ("tc",)
    usage = ACCOUNT_USAGE
    operation = Op.CARD_PAY.value
    dangerous = True


class PayMobile(Command):
    """Paga un plan celular de la Cooperativa. En la línea: cel [CUENTA] MONTO o cuota [de ORIGEN]."""

    id = "pay_mobile"
    label = "Pagar plan celular"
    words: ClassVar[tuple[str, ...]] = ("cel",)
    usage = ACCOUNT_USAGE
    operation = Op.SERVICE_PAY.value
    dangerous = True


class PayInsurance(Command):
    """Paga un seguro de la Cooperativa. En la línea: seg [CUENTA] MONTO o total [de ORIGEN]."""

    id = "pay_insurance"
    label = "Pagar seguro"
    words: ClassVar[tuple[str, ...]] = ("seg",)
    usage = ACCOUNT_USAGE
    operation = Op.SERVICE_PAY.value
    dangerous = True


class Deposit(Command):
    """Recibe efectivo en la caja y lo deposita. En la línea: dep [CUENTA] MONTO."""

    id = "deposit"
    label = "Depósito en efectivo"
    words: ClassVar[tuple[str, ...]] = ("dep",)
    usage = "CUENTA MONTO"
    operation = Op.CASH_DEPOSIT.value
    dangerous = True


class Withdraw(Command):
    """Entrega efectivo de la caja. En la línea: ret [CUENTA] MONTO."""

    id = "withdraw"
    label = "Retiro en efectivo"
    words: ClassVar[tuple[str, ...]] = ("ret",)
    usage = "CUENTA MONTO"
    operation = Op.CASH_WITHDRAW.value
    dangerous = True


class Pay(Command):
    """Lista lo que el asociado paga seguido, lo que tiene por pagar y los recaudadores; un favorito se paga por su
    número."""

    id = "pay"
    label = "Pagar"
    keys: ClassVar[tuple[str, ...]] = ("g",)
    words: ClassVar[tuple[str, ...]] = ("pagar",)
    operation = Op.FAVOURITE_MANAGE.value


class PayBill(Command):
    """Paga a un recaudador. En la línea: pg RECAUDADOR [NÚMERO] [MONTO] [de ORIGEN], o pg f1 para un favorito."""

    id = "pay_bill"
    label = "Pagar a recaudador"
    words: ClassVar[tuple[str, ...]] = ("pg",)
    usage = "RECAUDADOR NÚMERO MONTO de ORIGEN"
    operation = Op.BILLER_PAY.value
    dangerous = True


class TopUp(Command):
    """Recarga un celular o una tarjeta. En la línea: rc COMPAÑÍA [NÚMERO] MONTO [de ORIGEN], o rc f1."""

    id = "top_up"
    label = "Recargar"
    words: ClassVar[tuple[str, ...]] = ("rc",)
    usage = "COMPAÑÍA NÚMERO MONTO de ORIGEN"
    operation = Op.BILLER_TOP_UP.value
    dangerous = True


BY_WORD: tuple[CommandClass, ...] = (
    Transfer,
    PayPlan,
    PayContribution,
    PayLoan,
    PayCard,
    PayMobile,
    PayInsurance,
    Deposit,
    Withdraw,
)
"""Payments inside the cooperative."""
OUTSIDE: tuple[CommandClass, ...] = (PayBill, TopUp)
"""Payments to billers."""
MONEY: tuple[CommandClass, ...] = (Pay, *BY_WORD, *OUTSIDE)
"""All that moves money."""
ALSO: dict[CommandClass, tuple[Op, ...]] = {
    Transfer: tuple(op for op in KINDS if op is not Op.TRANSFER_OWN and not KINDS[op].cash),
    PayPlan: (Op.QUOTA_PAY_THIRD,),
    PayContribution: (Op.QUOTA_PAY_THIRD,),
    PayLoan: (Op.LOAN_PAY_THIRD,),
    PayCard: (Op.CARD_PAY_THIRD,),
    PayMobile: (Op.SERVICE_PAY_THIRD,),
    PayInsurance: (Op.SERVICE_PAY_THIRD,),
}
"""What else a command leads to: it can be used as soon as one of these can."""
