"""Changes that wait for a second person; working hours and limits of a person of staff."""

import sqlalchemy as sa
from alembic import op

from data import types
from data.schema import statements

revision = "0006"
down_revision = '0005'


def upgrade() -> None:
    op.create_table('proposal',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('concerns', types.Int(), nullable=True),
    sa.Column('member_id', types.Int(), nullable=True),
    sa.Column('staff_id', types.Int(), nullable=False),
    sa.Column('maker', sa.Text(), nullable=False),
    sa.Column('command', sa.Text(), nullable=False),
    sa.Column('lines', sa.Text(), nullable=False),
    sa.Column('prepared_hash', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('requested_at', types.Utc(), nullable=False),
    sa.Column('expires_at', types.Utc(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('decided_by', types.Int(), nullable=True),
    sa.Column('decided_at', types.Utc(), nullable=True),
    sa.Column('decision', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['concerns'], ['staff.id'], name=op.f('fk_proposal_concerns')),
    sa.ForeignKeyConstraint(['decided_by'], ['staff.id'], name=op.f('fk_proposal_decided_by')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_proposal_member_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_proposal_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_proposal')),
    sqlite_strict=True
    )
    op.create_index('ix_proposal_state', 'proposal', ['state', 'requested_at'])
    op.create_index(op.f('ix_proposal_member_id'), 'proposal', ['member_id'])
    op.create_index(op.f('ix_proposal_staff_id'), 'proposal', ['staff_id'])

    op.add_column('staff', sa.Column('hours', sa.Text(), nullable=True))
    op.add_column('staff', sa.Column('single_limit', types.Int(), nullable=True))
    op.add_column('staff', sa.Column('daily_limit', types.Int(), nullable=True))

    for statement in statements(f"proposals_{op.get_bind().dialect.name}"):
        op.get_bind().exec_driver_sql(statement, execution_options={"no_parameters": True})
