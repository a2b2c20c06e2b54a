"""The auditors' marks, sign-offs, comments and questions, and the indexes that answer their filters."""

import sqlalchemy as sa
from alembic import op

from data import types
from data.schema import statements

revision = "0004"
down_revision = '0003'


def upgrade() -> None:
    op.create_table('audit_mark',
    sa.Column('id', types.Int(), nullable=False),
    sa.Column('event_id', types.Int(), nullable=False),
    sa.Column('staff_id', types.Int(), nullable=False),
    sa.Column('reviewed', types.Flag(), nullable=False),
    sa.Column('at', types.Utc(), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_audit_mark_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_mark')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_audit_mark_event_id'), 'audit_mark', ['event_id'])
    op.create_index(op.f('ix_audit_mark_staff_id'), 'audit_mark', ['staff_id'])

    op.create_table('audit_sign_off',
    sa.Column('id', types.Int(), nullable=False),
    sa.Column('staff_id', types.Int(), nullable=False),
    sa.Column('last_mark', types.Int(), nullable=False),
    sa.Column('events', types.Int(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('seed', sa.Text(), nullable=True),
    sa.Column('at', types.Utc(), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_audit_sign_off_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_sign_off')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_audit_sign_off_staff_id'), 'audit_sign_off', ['staff_id'])

    op.create_table('audit_comment',
    sa.Column('id', types.Int(), nullable=False),
    sa.Column('event_id', types.Int(), nullable=False),
    sa.Column('staff_id', types.Int(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('at', types.Utc(), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_audit_comment_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_comment')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_audit_comment_event_id'), 'audit_comment', ['event_id'])

    op.create_table('audit_question',
    sa.Column('id', types.Int(), nullable=False),
    sa.Column('staff_id', types.Int(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('line', sa.Text(), nullable=False),
    sa.Column('shared', types.Flag(), nullable=False),
    sa.Column('at', types.Utc(), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_audit_question_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_question')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_audit_question_staff_id'), 'audit_question', ['staff_id'])

    dialect = op.get_bind().dialect.name
    for name in (f"audit_work_{dialect}", f"indexes_audit_{dialect}"):
        for statement in statements(name):
            op.get_bind().exec_driver_sql(statement, execution_options={"no_parameters": True})
