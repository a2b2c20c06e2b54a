"""The versions of the policy document."""

import sqlalchemy as sa
from alembic import op

from data import types
from data.schema import statements

revision = "0009"
down_revision = '0008'


def upgrade() -> None:
    op.create_table('policy_version',
    sa.Column('id', types.Int(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('from_at', types.Utc(), nullable=False),
    sa.Column('at', types.Utc(), nullable=False),
    sa.Column('proposed_by', types.Int(), nullable=True),
    sa.Column('approved_by', types.Int(), nullable=True),
    sa.Column('proposal_id', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['approved_by'], ['staff.id'], name=op.f('fk_policy_version_approved_by')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_policy_version_proposal_id')),
    sa.ForeignKeyConstraint(['proposed_by'], ['staff.id'], name=op.f('fk_policy_version_proposed_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_policy_version')),
    sa.UniqueConstraint('name', name=op.f('uq_policy_version_name')),
    sqlite_strict=True
    )
    for statement in statements(f"policy_{op.get_bind().dialect.name}"):
        op.get_bind().exec_driver_sql(statement, execution_options={"no_parameters": True})
