"""reconciliations, offline packages, subscriptions, notices"""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = '0007b'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('data_set', sa.String(length=60), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('op', sa.String(length=10), nullable=False),
    sa.Column('region', sa.String(length=12), nullable=False),
    sa.Column('row', sa.JSON(), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_change')),
    sa.UniqueConstraint('data_set', 'key', 'version', name=op.f('uq_change_data_set_key_version')),
    sa.UniqueConstraint('data_set', 'number', name=op.f('uq_change_data_set_number'))
    )
    op.create_table('change_counter',
    sa.Column('data_set', sa.String(length=60), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('data_set', name=op.f('pk_change_counter'))
    )
    op.create_table('notice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('owner', sa.String(length=60), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('link', sa.Text(), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('due_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('read_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('read_by', sa.String(length=60), nullable=False),
    sa.Column('done_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice')),
    sa.UniqueConstraint('key', name=op.f('uq_notice_key'))
    )
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notice_kind'), ['kind'], unique=False)
        batch_op.create_index(batch_op.f('ix_notice_owner'), ['owner'], unique=False)

    op.create_table('offline_package',
    sa.Column('id', sa.String(length=80), nullable=False),
    sa.Column('direction', sa.String(length=3), nullable=False),
    sa.Column('peer', sa.String(length=20), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('prev_sha256', sa.String(length=64), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('messages', sa.Integer(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('volumes', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('folder', sa.Text(), nullable=False),
    sa.Column('receipt', sa.JSON(), nullable=False),
    sa.Column('error_code', sa.String(length=60), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('created_by', sa.String(length=60), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_offline_package')),
    sa.UniqueConstraint('direction', 'peer', 'number', name=op.f('uq_offline_package_direction_peer_number'))
    )
    with op.batch_alter_table('offline_package', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_offline_package_peer'), ['peer'], unique=False)
        batch_op.create_index(batch_op.f('ix_offline_package_state'), ['state'], unique=False)

    op.create_table('reconciliation',
    sa.Column('id', sa.String(length=80), nullable=False),
    sa.Column('peer', sa.String(length=20), nullable=False),
    sa.Column('data_set', sa.String(length=80), nullable=False),
    sa.Column('role', sa.String(length=10), nullable=False),
    sa.Column('sender', sa.String(length=20), nullable=False),
    sa.Column('day', sa.String(length=14), nullable=False),
    sa.Column('cut', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('ours', sa.JSON(), nullable=False),
    sa.Column('theirs', sa.JSON(), nullable=False),
    sa.Column('missing', sa.Integer(), nullable=False),
    sa.Column('extra', sa.Integer(), nullable=False),
    sa.Column('altered', sa.Integer(), nullable=False),
    sa.Column('report', sa.Text(), nullable=False),
    sa.Column('our_signature', sa.JSON(), nullable=False),
    sa.Column('their_signature', sa.JSON(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('begun_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reconciliation')),
    sa.UniqueConstraint('peer', 'data_set', 'day', 'role', name=op.f('uq_reconciliation_peer_data_set_day_role'))
    )
    with op.batch_alter_table('reconciliation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reconciliation_day'), ['day'], unique=False)
        batch_op.create_index(batch_op.f('ix_reconciliation_peer'), ['peer'], unique=False)
        batch_op.create_index(batch_op.f('ix_reconciliation_state'), ['state'], unique=False)

    op.create_table('reconciliation_step',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('run', sa.String(length=80), nullable=False),
    sa.Column('peer', sa.String(length=20), nullable=False),
    sa.Column('step', sa.String(length=12), nullable=False),
    sa.Column('part', sa.Integer(), nullable=False),
    sa.Column('parts', sa.Integer(), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('done_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reconciliation_step')),
    sa.UniqueConstraint('run', 'step', 'part', name=op.f('uq_reconciliation_step_run_step_part'))
    )
    with op.batch_alter_table('reconciliation_step', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reconciliation_step_done_at'), ['done_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_reconciliation_step_run'), ['run'], unique=False)

    op.create_table('subscription',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('subscriber', sa.String(length=20), nullable=False),
    sa.Column('data_set', sa.String(length=60), nullable=False),
    sa.Column('filters', sa.JSON(), nullable=False),
    sa.Column('fields', sa.JSON(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('legal_basis', sa.Text(), nullable=False),
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('target', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('created_by', sa.String(length=60), nullable=False),
    sa.Column('created_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('approved_by', sa.String(length=60), nullable=False),
    sa.Column('approved_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('cursor', sa.BigInteger(), nullable=False),
    sa.Column('pending_to', sa.BigInteger(), nullable=False),
    sa.Column('delivered', sa.BigInteger(), nullable=False),
    sa.Column('delivered_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('next_try_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('error', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscription'))
    )
    with op.batch_alter_table('subscription', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_subscription_data_set'), ['data_set'], unique=False)
        batch_op.create_index(batch_op.f('ix_subscription_state'), ['state'], unique=False)
        batch_op.create_index(batch_op.f('ix_subscription_subscriber'), ['subscriber'], unique=False)

    op.create_table('offline_release',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('package_id', sa.String(length=80), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['officer_id'], ['officer.id'], name=op.f('fk_offline_release_officer_id_officer')),
    sa.ForeignKeyConstraint(['package_id'], ['offline_package.id'], name=op.f('fk_offline_release_package_id_offline_package')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_offline_release')),
    sa.UniqueConstraint('package_id', 'officer_id', name=op.f('uq_offline_release_package_id_officer_id'))
    )
    with op.batch_alter_table('offline_release', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_offline_release_package_id'), ['package_id'], unique=False)

    op.create_table('reconciliation_difference',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('reconciliation_id', sa.String(length=80), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('key', sa.String(length=300), nullable=False),
    sa.Column('ours', sa.String(length=64), nullable=False),
    sa.Column('theirs', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('message_id', sa.String(length=60), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['reconciliation_id'], ['reconciliation.id'], name=op.f('fk_reconciliation_difference_reconciliation_id_reconciliation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reconciliation_difference')),
    sa.UniqueConstraint('reconciliation_id', 'key', name=op.f('uq_reconciliation_difference_reconciliation_id_key'))
    )
    with op.batch_alter_table('reconciliation_difference', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reconciliation_difference_key'), ['key'], unique=False)
        batch_op.create_index(batch_op.f('ix_reconciliation_difference_reconciliation_id'), ['reconciliation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_reconciliation_difference_state'), ['state'], unique=False)
