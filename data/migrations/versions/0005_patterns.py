"""Lines of the patterns over the trail, and their closures."""

import sqlalchemy as sa
from alembic import op

from data import types
from data.schema import statements

revision = "0005"
down_revision = '0004'


def upgrade() -> None:
    op.create_table('pattern_line',
    sa.Column('id', types.Int(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('staff_id', types.Int(), nullable=True),
    sa.Column('member_id', types.Int(), nullable=True),
    sa.Column('events', sa.Text(), nullable=False),
    sa.Column('params', sa.Text(), nullable=False),
    sa.Column('policy', sa.Text(), nullable=False),
    sa.Column('happened_at', types.Utc(), nullable=False),
    sa.Column('at', types.Utc(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pattern_line')),
    sa.UniqueConstraint('key', name=op.f('uq_pattern_line_key')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_pattern_line_staff_id'), 'pattern_line', ['staff_id'])

    op.create_table('pattern_closure',
    sa.Column('id', types.Int(), nullable=False),
    sa.Column('line_id', types.Int(), nullable=False),
    sa.Column('staff_id', types.Int(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('at', types.Utc(), nullable=False),
    sa.ForeignKeyConstraint(['line_id'], ['pattern_line.id'], name=op.f('fk_pattern_closure_line_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_pattern_closure_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pattern_closure')),
    sa.UniqueConstraint('line_id', name=op.f('uq_pattern_closure_line_id')),
    sqlite_strict=True
    )
    for statement in statements(f"patterns_{op.get_bind().dialect.name}"):
        op.get_bind().exec_driver_sql(statement, execution_options={"no_parameters": True})
