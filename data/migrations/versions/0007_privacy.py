"""The registers of rights over personal data and of breaches."""

import sqlalchemy as sa
from alembic import op

from data import types
from data.schema import statements

revision = "0007"
down_revision = '0006'


def upgrade() -> None:
    op.create_table('privacy_request',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('member_id', types.Int(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('received_on', types.Day(), nullable=False),
    sa.Column('due_on', types.Day(), nullable=False),
    sa.Column('asked', sa.Text(), nullable=False),
    sa.Column('staff_id', types.Int(), nullable=False),
    sa.Column('branch', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('at', types.Utc(), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_privacy_request_member_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_privacy_request_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_privacy_request')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_privacy_request_member_id'), 'privacy_request', ['member_id'])
    op.create_index(op.f('ix_privacy_request_due_on'), 'privacy_request', ['due_on'])

    op.create_table('privacy_step',
    sa.Column('id', types.Int(), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('staff_id', types.Int(), nullable=False),
    sa.Column('at', types.Utc(), nullable=False),
    sa.ForeignKeyConstraint(['request_id'], ['privacy_request.id'], name=op.f('fk_privacy_step_request_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_privacy_step_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_privacy_step')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_privacy_step_request_id'), 'privacy_step', ['request_id'])

    op.create_table('breach',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('known_at', types.Utc(), nullable=False),
    sa.Column('due_at', types.Utc(), nullable=False),
    sa.Column('staff_id', types.Int(), nullable=False),
    sa.Column('at', types.Utc(), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_breach_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_breach')),
    sqlite_strict=True
    )

    op.create_table('breach_step',
    sa.Column('id', types.Int(), nullable=False),
    sa.Column('breach_id', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('facts', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('staff_id', types.Int(), nullable=False),
    sa.Column('at', types.Utc(), nullable=False),
    sa.ForeignKeyConstraint(['breach_id'], ['breach.id'], name=op.f('fk_breach_step_breach_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_breach_step_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_breach_step')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_breach_step_breach_id'), 'breach_step', ['breach_id'])

    for name in (f"privacy_{op.get_bind().dialect.name}", "indexes_privacy"):
        for statement in statements(name):
            op.get_bind().exec_driver_sql(statement, execution_options={"no_parameters": True})
