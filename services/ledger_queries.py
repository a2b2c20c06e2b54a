"""The comparisons of `ledger_check` that the database makes: each answers with the rows that are wrong, id first."""

from dataclasses import dataclass

from sqlalchemy import TextClause, bindparam, column, text

from data.types import Bytes, Int, String


@dataclass(frozen=True, slots=True)
class Query:
    """`text` is filled with the columns of a row."""

    code: str
    table: str
    statement: TextClause
    text: str


QUERIES = (
    Query(
        "balance",
        "account",
        text(
            "SELECT a.id, a.number, a.balance, coalesce(s.total, 0) FROM account a"
            " LEFT JOIN (SELECT account_id, sum(amount) AS total FROM entry GROUP BY account_id) s"
            " ON s.account_id = a.id"
            " WHERE a.tracked AND a.balance <> coalesce(s.total, 0) ORDER BY a.id"
        ),
        "El saldo de la cuenta {1} es {2} centésimos; sus asientos suman {3}.",
    ),
    Query(
        "untracked_balance",
        "account",
        text("SELECT id, number, balance FROM account WHERE NOT tracked AND (balance <> 0 OR held <> 0) ORDER BY id"),
        "La cuenta {1} no lleva saldo en su fila y tiene {2}.",
    ),
    Query(
        "rollup",
        "rollup",
        text(
            "SELECT r.account_id, r.upto_entry, r.balance FROM rollup r WHERE r.balance <>"
            " (SELECT coalesce(sum(e.amount), 0) FROM entry e"
            " WHERE e.account_id = r.account_id AND e.id <= r.upto_entry)"
            " OR NOT EXISTS (SELECT 1 FROM account a WHERE a.id = r.account_id AND NOT a.tracked)"
            " ORDER BY r.account_id, r.upto_entry"
        ),
        "El corte de la cuenta {0} hasta el asiento {1} dice {2} centésimos y no es la suma.",
    ),
    Query(
        "held",
        "account",
        text(
            "SELECT a.id, a.number, a.held, coalesce(s.total, 0) FROM account a"
            " LEFT JOIN (SELECT h.account_id, sum(h.amount) AS total FROM hold h"
            " LEFT JOIN hold_release r ON r.hold_id = h.id WHERE r.hold_id IS NULL GROUP BY h.account_id) s"
            " ON s.account_id = a.id WHERE a.held <> coalesce(s.total, 0) ORDER BY a.id"
        ),
        "Lo retenido en la cuenta {1} es {2} centésimos; las retenciones abiertas suman {3}.",
    ),
    Query(
        "overdraft",
        "account",
        text(
            "SELECT id, number, balance, held, min_balance FROM account WHERE balance - held < min_balance ORDER BY id"
        ),
        "La cuenta {1} está por debajo de su mínimo ({4}): saldo {2}, retenido {3}.",
    ),
    Query(
        "not_zero",
        "operation",
        text(
            "SELECT operation_id, leg, sum(amount), count(*) FROM entry GROUP BY operation_id, leg"
            " HAVING sum(amount) <> 0 OR count(*) <> 2"
        ),
        "Los asientos del traslado {1} de la operación {0} suman {2} y son {3}: deben ser dos y sumar cero.",
    ),
    Query(
        "entry",
        "entry",
        text(
            "SELECT e.id, e.operation_id, e.leg FROM entry e"
            " LEFT JOIN transfer t ON t.operation_id = e.operation_id AND t.leg = e.leg"
            " WHERE t.operation_id IS NULL OR NOT ((e.account_id = t.debit AND e.amount = -t.amount)"
            " OR (e.account_id = t.credit AND e.amount = t.amount)) ORDER BY e.id"
        ),
        "El asiento {0} no corresponde al traslado {2} de la operación {1}.",
    ),
    Query(
        "no_entries",
        "transfer",
        text("SELECT operation_id, leg FROM transfer EXCEPT SELECT operation_id, leg FROM entry"),
        "El traslado {1} de la operación {0} no tiene asientos.",
    ),
    Query(
        "orphan_transfer",
        "transfer",
        text(
            "SELECT t.operation_id, t.leg FROM transfer t LEFT JOIN operation o ON o.id = t.operation_id"
            " WHERE o.id IS NULL OR o.outcome <> 'posted'"
        ),
        "El traslado {1} es de la operación {0}, que no existe o no fue aplicada.",
    ),
    Query(
        "orphan_entry",
        "entry",
        text("SELECT e.id, e.account_id FROM entry e LEFT JOIN account a ON a.id = e.account_id WHERE a.id IS NULL"),
        "El asiento {0} es de la cuenta {1}, que no existe.",
    ),
    Query(
        "balance_after",
        "entry",
        text(
            "SELECT id, account_id, balance_after, running FROM (SELECT e.id, e.account_id, e.balance_after, a.tracked,"
            " sum(e.amount) OVER (PARTITION BY e.account_id ORDER BY e.id) AS running"
            " FROM entry e JOIN account a ON a.id = e.account_id) q"
            " WHERE tracked <> (balance_after IS NOT NULL) OR balance_after <> running ORDER BY id"
        ),
        "El saldo después del asiento {0} de la cuenta {1} dice {2} centésimos; corresponde {3}.",
    ),
    Query(
        "orphan_hold",
        "hold",
        text(
            "SELECT h.id FROM hold h LEFT JOIN operation o ON o.id = h.id WHERE o.id IS NULL OR o.outcome <> 'held'"
            " UNION ALL SELECT o.id FROM operation o LEFT JOIN hold h ON h.id = o.id"
            " WHERE o.outcome = 'held' AND h.id IS NULL"
        ),
        "La retención {0} y su operación no se corresponden.",
    ),
    Query(
        "orphan_release",
        "hold_release",
        text(
            "SELECT r.hold_id FROM hold_release r LEFT JOIN hold h ON h.id = r.hold_id"
            " LEFT JOIN operation o ON o.id = r.operation_id AND o.settles_hold = r.hold_id"
            " WHERE h.id IS NULL OR o.id IS NULL"
            " UNION ALL SELECT o.settles_hold FROM operation o LEFT JOIN hold_release r ON r.hold_id = o.settles_hold"
            " WHERE o.settles_hold IS NOT NULL AND r.hold_id IS NULL"
        ),
        "El fin de la retención {0} y su operación no se corresponden.",
    ),
    Query(
        "reversal",
        "operation",
        text(
            "SELECT r.id, r.reversal_of FROM operation r JOIN operation o ON o.id = r.reversal_of WHERE"
            " o.outcome <> 'posted' OR EXISTS (SELECT 1 FROM ("
            "SELECT debit, credit, amount, 1 AS here FROM transfer WHERE operation_id = r.id"
            " UNION ALL SELECT credit, debit, amount, -1 FROM transfer WHERE operation_id = o.id) legs"
            " GROUP BY debit, credit, amount HAVING sum(here) <> 0)"
        ),
        "La reversa {0} no es el espejo de la operación {1}.",
    ),
    Query(
        "untold",
        "operation",
        text(
            "SELECT id, kind FROM operation WHERE kind NOT IN ('history', 'opening')"
            " EXCEPT SELECT object, action FROM audit_event WHERE result IN ('ok', 'rejected', 'held',"
            " 'released')"
        ),
        "La auditoría no cuenta la operación {0} ({1}).",
    ),
)

OPERATIONS = text(
    "SELECT o.seq, o.id, o.request_hash, o.kind, o.outcome, o.member_id, o.body, o.reversal_of, o.settles_hold,"
    " o.external_ref, h.account_id AS hold_account, h.amount AS hold_amount FROM operation o"
    " LEFT JOIN hold h ON h.id = o.id ORDER BY o.seq"
).columns(
    column("seq", Int()), column("id", String()), column("request_hash", Bytes()), column("kind", String()),
    column("outcome", String()), column("member_id", Int()), column("body", String()), column("reversal_of", String()),
    column("settles_hold", String()), column("external_ref", String()), column("hold_account", Int()),
    column("hold_amount", Int()),
)  # fmt: skip
TRANSFERS = text(
    "SELECT t.operation_id, t.leg, t.debit, t.credit, t.amount FROM operation o"
    " JOIN transfer t ON t.operation_id = o.id WHERE o.seq BETWEEN :first AND :last"
).bindparams(bindparam("first", type_=Int()), bindparam("last", type_=Int()))
EVENTS = text(
    "SELECT e.id, e.object, e.body AS event, o.seq, o.body FROM audit_event e LEFT JOIN operation o ON o.id = e.object"
    " WHERE e.object IS NOT NULL AND e.result IN ('ok', 'rejected', 'held', 'released') ORDER BY e.id"
)
