"""A scheduled payment may be the member's own, made in the portal: nobody of staff stands behind it."""

import sqlalchemy as sa
from alembic import op

from data import types

revision = "0008"
down_revision = "0007"

COLUMNS = (
    "id, member_id, kind, label, command, every, first_on, day, until, runs_left, holidays, state, next_on, staff_id,"
    " case_id, created_at, ended_at"
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("schedule", "staff_id", existing_type=types.Int(), nullable=True)
        return
    # SQLite takes no constraint back: the table is made anew. Its runs point to it meanwhile, and are looked at again
    # when the transaction ends.
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute("CREATE TEMP TABLE schedule_kept AS SELECT * FROM schedule")
    op.execute("DROP TABLE schedule")
    op.create_table('schedule',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('member_id', types.Int(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('command', sa.Text(), nullable=False),
    sa.Column('every', sa.Text(), nullable=False),
    sa.Column('first_on', types.Day(), nullable=False),
    sa.Column('day', types.Int(), nullable=True),
    sa.Column('until', types.Day(), nullable=True),
    sa.Column('runs_left', types.Int(), nullable=True),
    sa.Column('holidays', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('next_on', types.Day(), nullable=True),
    sa.Column('staff_id', types.Int(), nullable=True),
    sa.Column('case_id', sa.Text(), nullable=True),
    sa.Column('created_at', types.Utc(), nullable=False),
    sa.Column('ended_at', types.Utc(), nullable=True),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_schedule_member_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_schedule_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_schedule')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_schedule_member_id'), 'schedule', ['member_id'], unique=False)
    op.create_index('ix_schedule_next_on', 'schedule', ['state', 'next_on'], unique=False)
    op.execute(f"INSERT INTO schedule ({COLUMNS}) SELECT {COLUMNS} FROM schedule_kept")
    op.execute("DROP TABLE schedule_kept")
