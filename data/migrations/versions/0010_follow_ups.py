"""Follow-ups of cases, and which case another one takes up again."""

import sqlalchemy as sa
from alembic import op

from data import types
from data.schema import statements

revision = "0010"
down_revision = '0009'


def upgrade() -> None:
    op.create_table('follow_up',
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('member_id', types.Int(), nullable=False),
    sa.Column('staff_id', types.Int(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=True),
    sa.Column('due_on', types.Day(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('at', types.Utc(), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_follow_up_member_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_follow_up_staff_id')),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_follow_up')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_follow_up_member_id'), 'follow_up', ['member_id'])
    op.create_index(op.f('ix_follow_up_staff_id'), 'follow_up', ['staff_id'])

    op.create_table('follow_up_end',
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('member_id', types.Int(), nullable=False),
    sa.Column('staff_id', types.Int(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('at', types.Utc(), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_follow_up_end_member_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_follow_up_end_staff_id')),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_follow_up_end')),
    sqlite_strict=True
    )
    op.add_column('service_case', sa.Column('reopens', sa.Text(), nullable=True))
    for statement in statements(f"follow_ups_{op.get_bind().dialect.name}"):
        op.get_bind().exec_driver_sql(statement, execution_options={"no_parameters": True})
