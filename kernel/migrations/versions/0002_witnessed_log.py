"""witnessed log"""

import hashlib

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    leaf = op.create_table('log_leaf',
    sa.Column('index', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('entry', sa.String(length=200), nullable=False),
    sa.Column('leaf_hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('index', name=op.f('pk_log_leaf')),
    sa.UniqueConstraint('entry', name=op.f('uq_log_leaf_entry'))
    )
    op.create_table('log_checkpoint',
    sa.Column('size', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('root', sa.String(length=64), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('witnesses', sa.JSON(), nullable=False),
    sa.Column('witnessed', sa.Boolean(), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('size', name=op.f('pk_log_checkpoint'))
    )
    with op.batch_alter_table('log_checkpoint', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_log_checkpoint_witnessed'), ['witnessed'], unique=False)

    op.create_table('log_fault',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('hint', sa.Text(), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('closed_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_log_fault'))
    )
    with op.batch_alter_table('log_fault', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_log_fault_closed_at'), ['closed_at'], unique=False)

    # Custody events written before there was a log go in first, in the order in which they were written.
    events = op.get_bind().execute(sa.text('SELECT hash FROM custody_event ORDER BY id')).scalars().all()
    lines = [f'wangjian/custody/v1 {value}' for value in dict.fromkeys(events)]
    rows = [
        {'index': index, 'entry': line, 'leaf_hash': hashlib.sha256(b'\x00' + line.encode('ascii')).hexdigest()}
        for index, line in enumerate(lines)
    ]
    if rows:
        op.bulk_insert(leaf, rows)


def downgrade() -> None:
    op.drop_table('log_fault')
    op.drop_table('log_checkpoint')
    op.drop_table('log_leaf')
