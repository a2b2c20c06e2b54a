"""What the end of the day asks the database; `branch` empty means every branch."""

from sqlalchemy import bindparam, column, text

from data.types import Day, Int, String, Utc

#: What was posted, by branch, kind and channel; the amount of an operation is what its legs move.
TOTALS = (
    text(
        "SELECT o.branch, o.kind, o.channel, count(DISTINCT o.id) AS many,"
        " CAST(coalesce(sum(t.amount), 0) AS bigint) AS amount"
        " FROM operation o LEFT JOIN transfer t ON t.operation_id = o.id"
        " WHERE o.value_date BETWEEN :first AND :last AND o.outcome = 'posted' AND (:branch = '' OR o.branch = :branch)"
        " GROUP BY o.branch, o.kind, o.channel ORDER BY o.branch, o.kind, o.channel"
    )
    .bindparams(bindparam("first", type_=Day()), bindparam("last", type_=Day()))
    .columns(
        column("branch", String()), column("kind", String()), column("channel", String()), column("many", Int()),
        column("amount", Int()),
    )
)  # fmt: skip
BY_DAY = (
    text(
        "SELECT o.value_date AS day, count(*) AS many FROM operation o WHERE o.value_date BETWEEN :first AND :last"
        " AND o.outcome = 'posted' AND (:branch = '' OR o.branch = :branch) GROUP BY o.value_date"
    )
    .bindparams(bindparam("first", type_=Day()), bindparam("last", type_=Day()))
    .columns(column("day", Day()), column("many", Int()))
)
MOMENTS = (
    text(
        "SELECT o.at FROM operation o WHERE o.value_date BETWEEN :first AND :last AND o.outcome = 'posted'"
        " AND (:branch = '' OR o.branch = :branch)"
    )
    .bindparams(bindparam("first", type_=Day()), bindparam("last", type_=Day()))
    .columns(column("at", Utc()))
)
REJECTED = text(
    "SELECT count(*) FROM operation o WHERE o.value_date BETWEEN :first AND :last AND o.outcome = 'rejected'"
    " AND (:branch = '' OR o.branch = :branch)"
).bindparams(bindparam("first", type_=Day()), bindparam("last", type_=Day()))
REVERSALS = (
    text(
        "SELECT r.seq, r.at, r.branch, o.seq AS first_seq, o.at AS first_at, o.kind, p.username, r.actor,"
        " (SELECT CAST(sum(t.amount) AS bigint) FROM transfer t WHERE t.operation_id = r.id) AS amount"
        " FROM operation r JOIN operation o ON o.id = r.reversal_of"
        " LEFT JOIN staff p ON r.actor = 'staff:' || CAST(p.id AS text)"
        " WHERE r.value_date BETWEEN :first AND :last AND r.outcome = 'posted' AND (:branch = '' OR r.branch = :branch)"
        " ORDER BY r.seq"
    )
    .bindparams(bindparam("first", type_=Day()), bindparam("last", type_=Day()))
    .columns(
        column("seq", Int()), column("at", Utc()), column("branch", String()), column("first_seq", Int()),
        column("first_at", Utc()), column("kind", String()), column("username", String()), column("actor", String()),
        column("amount", Int()),
    )
)  # fmt: skip
#: Drawers that were open in the period; `moved` is what came in less what went out between opening and closing.
DRAWERS = (
    text(
        "SELECT d.id, d.branch, p.username, d.opened_at, d.closed_at, d.opening, d.counted, d.expected, d.tries,"
        " (SELECT CAST(coalesce(sum(-e.amount), 0) AS bigint) FROM entry e WHERE e.account_id = d.account_id"
        "  AND e.id > d.opened_after AND (d.closed_with IS NULL OR e.id <= d.closed_with)) AS moved"
        " FROM drawer d JOIN staff p ON p.id = d.staff_id"
        " WHERE d.opened_at < :end AND (d.closed_at IS NULL OR d.closed_at >= :start)"
        " AND (:branch = '' OR d.branch = :branch) ORDER BY d.branch, p.username, d.opened_at, d.id"
    )
    .bindparams(bindparam("start", type_=Utc()), bindparam("end", type_=Utc()))
    .columns(
        column("id", Int()), column("branch", String()), column("username", String()), column("opened_at", Utc()),
        column("closed_at", Utc()), column("opening", Int()), column("counted", Int()), column("expected", Int()),
        column("tries", Int()), column("moved", Int()),
    )
)  # fmt: skip
#: Orders by biller and what became of them until now; the day is the one on which they were asked for.
BILLERS = (
    text(
        "SELECT b.biller, b.state, count(*) AS many, CAST(sum(b.amount) AS bigint) AS amount FROM biller_order b"
        " JOIN operation o ON o.id = b.id WHERE b.day BETWEEN :first AND :last AND (:branch = '' OR o.branch = :branch)"
        " GROUP BY b.biller, b.state ORDER BY b.biller, b.state"
    )
    .bindparams(bindparam("first", type_=Day()), bindparam("last", type_=Day()))
    .columns(column("biller", String()), column("state", String()), column("many", Int()), column("amount", Int()))
)
#: What is still in process, whenever it was asked for up to the period's end.
OPEN_ORDERS = (
    text(
        "SELECT o.seq, o.at, o.branch, b.biller, b.amount, b.attempts FROM biller_order b"
        " JOIN operation o ON o.id = b.id WHERE b.state IN ('pending', 'sent') AND b.day <= :last"
        " AND (:branch = '' OR o.branch = :branch) ORDER BY o.seq"
    )
    .bindparams(bindparam("last", type_=Day()))
    .columns(
        column("seq", Int()), column("at", Utc()), column("branch", String()), column("biller", String()),
        column("amount", Int()), column("attempts", Int()),
    )
)  # fmt: skip
