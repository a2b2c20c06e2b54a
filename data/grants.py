"""The rights of the program's own role on PostgreSQL: with them one can add to ledger and audit, never rewrite."""

from sqlalchemy import Connection, text

from data.schema import statements


class RoleUnfit(Exception):
    """The role can't be the program's; the text (Spanish) says why."""


def grant(connection: Connection, role: str) -> int:
    """Give `role` what data/sql/grants_postgresql.sql says and nothing else, as the owner of the tables; answers how
    many statements ran. Runs as often as one likes: after every migration.

    Raises RoleUnfit: no such role, or one that owns the tables or is a superuser and would be above all rights.
    """
    found = connection.execute(
        text(
            "SELECT r.rolsuper OR pg_has_role(r.oid, c.relowner, 'MEMBER') AS above FROM pg_roles r,"
            " pg_class c WHERE r.rolname = :role AND c.oid = to_regclass('operation')"
        ),
        {"role": role},
    ).first()
    if found is None:
        raise RoleUnfit(f"No existe el rol «{role}», o la base está vacía. Créelo con CREATE ROLE … LOGIN.")
    if found.above:
        raise RoleUnfit(f"«{role}» es dueño de las tablas o superusuario. El programa trabaja con otro rol.")
    quote = connection.dialect.identifier_preparer.quote_identifier
    schema, database = connection.execute(text("SELECT current_schema(), current_database()")).one()
    names = {"role": quote(role), "schema": quote(schema), "database": quote(database)}
    wanted = [statement.format_map(names) for statement in statements("grants_postgresql")]
    for statement in wanted:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    return len(wanted)
