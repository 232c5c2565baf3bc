"""records of linked systems, how far each was read, rows in quarantine, what was written back"""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = '0008'
down_revision = '0007b'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('linked_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('system', sa.String(length=16), nullable=False),
    sa.Column('event_id', sa.String(length=80), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_linked_event')),
    sa.UniqueConstraint('system', 'event_id', name=op.f('uq_linked_event_system_event_id'))
    )
    with op.batch_alter_table('linked_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_linked_event_at'), ['at'], unique=False)

    op.create_table('linked_fault',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('system', sa.String(length=16), nullable=False),
    sa.Column('key', sa.String(length=100), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(length=100), nullable=False),
    sa.Column('problems', sa.JSON(), nullable=False),
    sa.Column('row', sa.JSON(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('first_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('last_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('closed_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.String(length=60), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_linked_fault')),
    sa.UniqueConstraint('system', 'digest', name=op.f('uq_linked_fault_system_digest'))
    )
    with op.batch_alter_table('linked_fault', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_linked_fault_key'), ['key'], unique=False)
        batch_op.create_index('ix_linked_fault_system_state', ['system', 'state'], unique=False)

    op.create_table('linked_post',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('system', sa.String(length=16), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('cause', sa.String(length=120), nullable=False),
    sa.Column('record_key', sa.String(length=100), nullable=False),
    sa.Column('subject_code', sa.String(length=18), nullable=False),
    sa.Column('shop_id', sa.Integer(), nullable=True),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('actor', sa.String(length=60), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('next_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('sent_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('lag_ms', sa.Integer(), nullable=False),
    sa.Column('receipt', sa.JSON(), nullable=False),
    sa.Column('error_code', sa.String(length=60), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_linked_post')),
    sa.UniqueConstraint('cause', name=op.f('uq_linked_post_cause'))
    )
    with op.batch_alter_table('linked_post', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_linked_post_record_key'), ['record_key'], unique=False)
        batch_op.create_index(batch_op.f('ix_linked_post_shop_id'), ['shop_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_linked_post_state'), ['state'], unique=False)
        batch_op.create_index(batch_op.f('ix_linked_post_subject_code'), ['subject_code'], unique=False)
        batch_op.create_index(batch_op.f('ix_linked_post_system'), ['system'], unique=False)

    op.create_table('linked_record',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('system', sa.String(length=16), nullable=False),
    sa.Column('key', sa.String(length=100), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('subject_code', sa.String(length=18), nullable=False),
    sa.Column('subject_name', sa.String(length=200), nullable=False),
    sa.Column('shop_url', sa.String(length=2000), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('happened_on', sa.Date(), nullable=True),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('source_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('fetched_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('lag_ms', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.String(length=40), nullable=False),
    sa.Column('deleted_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_linked_record')),
    sa.UniqueConstraint('system', 'key', name=op.f('uq_linked_record_system_key'))
    )
    with op.batch_alter_table('linked_record', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_linked_record_fetched_at'), ['fetched_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_linked_record_shop_url'), ['shop_url'], unique=False)
        batch_op.create_index(batch_op.f('ix_linked_record_subject_code'), ['subject_code'], unique=False)
        batch_op.create_index(batch_op.f('ix_linked_record_subject_name'), ['subject_name'], unique=False)
        batch_op.create_index('ix_linked_record_system_state', ['system', 'state'], unique=False)

    op.create_table('linked_state',
    sa.Column('system', sa.String(length=16), nullable=False),
    sa.Column('began_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('watermark_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('watermark_id', sa.String(length=100), nullable=False),
    sa.Column('cursor_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('cursor_id', sa.String(length=100), nullable=False),
    sa.Column('pulled_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('good_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('open_until', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('error_code', sa.String(length=60), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('keys_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('keys_differ', sa.Integer(), nullable=False),
    sa.Column('skew_ms', sa.Integer(), nullable=False),
    sa.Column('lags', sa.JSON(), nullable=False),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.Column('drift', sa.JSON(), nullable=False),
    sa.Column('files', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('system', name=op.f('pk_linked_state'))
    )


def downgrade() -> None:
    op.drop_table('linked_state')
    with op.batch_alter_table('linked_record', schema=None) as batch_op:
        batch_op.drop_index('ix_linked_record_system_state')
        batch_op.drop_index(batch_op.f('ix_linked_record_subject_name'))
        batch_op.drop_index(batch_op.f('ix_linked_record_subject_code'))
        batch_op.drop_index(batch_op.f('ix_linked_record_shop_url'))
        batch_op.drop_index(batch_op.f('ix_linked_record_fetched_at'))

    op.drop_table('linked_record')
    with op.batch_alter_table('linked_post', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_linked_post_system'))
        batch_op.drop_index(batch_op.f('ix_linked_post_subject_code'))
        batch_op.drop_index(batch_op.f('ix_linked_post_state'))
        batch_op.drop_index(batch_op.f('ix_linked_post_shop_id'))
        batch_op.drop_index(batch_op.f('ix_linked_post_record_key'))

    op.drop_table('linked_post')
    with op.batch_alter_table('linked_fault', schema=None) as batch_op:
        batch_op.drop_index('ix_linked_fault_system_state')
        batch_op.drop_index(batch_op.f('ix_linked_fault_key'))

    op.drop_table('linked_fault')
    with op.batch_alter_table('linked_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_linked_event_at'))

    op.drop_table('linked_event')
