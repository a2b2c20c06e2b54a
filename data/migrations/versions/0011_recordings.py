"""What staff saw and pressed, session by session, sealed."""

import sqlalchemy as sa
from alembic import op

from data import types
from data.schema import statements

revision = "0011"
down_revision = '0010'


def upgrade() -> None:
    op.create_table('recording',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('session_id', sa.Text(), nullable=False),
    sa.Column('staff_id', types.Int(), nullable=False),
    sa.Column('terminal', sa.Text(), nullable=False),
    sa.Column('started_at', types.Utc(), nullable=False),
    sa.Column('ended_at', types.Utc(), nullable=True),
    sa.Column('ending', sa.Text(), nullable=True),
    sa.Column('purged_at', types.Utc(), nullable=True),
    sa.ForeignKeyConstraint(['session_id'], ['staff_session.id'], name=op.f('fk_recording_session_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_recording_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recording')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_recording_session_id'), 'recording', ['session_id'])
    op.create_index(op.f('ix_recording_staff_id'), 'recording', ['staff_id'])
    op.create_index(op.f('ix_recording_started_at'), 'recording', ['started_at'])

    op.create_table('recording_chunk',
    sa.Column('recording_id', sa.Text(), nullable=False),
    sa.Column('number', types.Int(), nullable=False),
    sa.Column('first_step', types.Int(), nullable=False),
    sa.Column('steps', types.Int(), nullable=False),
    sa.Column('at', types.Utc(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['recording_id'], ['recording.id'], name=op.f('fk_recording_chunk_recording_id')),
    sa.PrimaryKeyConstraint('recording_id', 'number', name=op.f('pk_recording_chunk')),
    sqlite_strict=True
    )
    for statement in statements(f"recordings_{op.get_bind().dialect.name}"):
        op.get_bind().exec_driver_sql(statement, execution_options={"no_parameters": True})
