"""peers, streams, messages, receipts"""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = '0007'
down_revision = '0006b'
branch_labels = None
depends_on = None


def _exchange() -> None:
    op.create_table('batch_stamp',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('first_row', sa.Integer(), nullable=False),
    sa.Column('last_row', sa.Integer(), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('root', sa.String(length=64), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('stamped_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('service', sa.String(length=60), nullable=False),
    sa.Column('token', sa.LargeBinary(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_batch_stamp')),
    sa.UniqueConstraint('first_row', name=op.f('uq_batch_stamp_first_row')),
    sa.UniqueConstraint('last_row', name=op.f('uq_batch_stamp_last_row'))
    )
    op.create_table('business_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('sender', sa.String(length=20), nullable=False),
    sa.Column('type', sa.String(length=20), nullable=False),
    sa.Column('biz_key', sa.String(length=200), nullable=False),
    sa.Column('biz_version', sa.BigInteger(), nullable=False),
    sa.Column('content', sa.String(length=64), nullable=False),
    sa.Column('op', sa.String(length=8), nullable=False),
    sa.Column('message_id', sa.String(length=36), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_business_version')),
    sa.UniqueConstraint('sender', 'type', 'biz_key', name=op.f('uq_business_version_sender_type_biz_key'))
    )
    op.create_table('hop',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.String(length=36), nullable=False),
    sa.Column('node', sa.String(length=20), nullable=False),
    sa.Column('next_node', sa.String(length=20), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('acknowledged_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('sheet', sa.String(length=36), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hop')),
    sa.UniqueConstraint('message_id', 'node', 'next_node', name=op.f('uq_hop_message_id_node_next_node'))
    )
    op.create_table('peer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('suites', sa.JSON(), nullable=False),
    sa.Column('suite', sa.String(length=20), nullable=False),
    sa.Column('keys', sa.JSON(), nullable=False),
    sa.Column('scopes', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('added_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('heard_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('open_until', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('error_code', sa.String(length=60), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('receipts_after', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_peer')),
    sa.UniqueConstraint('code', name=op.f('uq_peer_code'))
    )
    op.create_table('receipt_sheet',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('number', sa.String(length=36), nullable=False),
    sa.Column('giver', sa.String(length=20), nullable=False),
    sa.Column('taker', sa.String(length=20), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('signature', sa.JSON(), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt_sheet')),
    sa.UniqueConstraint('direction', 'digest', name=op.f('uq_receipt_sheet_direction_digest'))
    )
    op.create_table('stream',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('sender', sa.String(length=20), nullable=False),
    sa.Column('receiver', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('last_seq', sa.BigInteger(), nullable=False),
    sa.Column('head', sa.String(length=64), nullable=False),
    sa.Column('highest_seq', sa.BigInteger(), nullable=False),
    sa.Column('last_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('missing_since', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stream')),
    sa.UniqueConstraint('direction', 'sender', 'receiver', 'name', name=op.f('uq_stream_direction_sender_receiver_name'))
    )
    op.create_table('transfer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('matter', sa.String(length=200), nullable=False),
    sa.Column('other', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('asked_id', sa.String(length=36), nullable=False),
    sa.Column('is_final', sa.Boolean(), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('counted_from', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('due_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transfer')),
    sa.UniqueConstraint('direction', 'key', name=op.f('uq_transfer_direction_key'))
    )
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_transfer_matter'), ['matter'], unique=False)

    op.create_table('message',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('message_id', sa.String(length=36), nullable=False),
    sa.Column('stream_id', sa.Integer(), nullable=True),
    sa.Column('seq', sa.BigInteger(), nullable=True),
    sa.Column('type', sa.String(length=20), nullable=False),
    sa.Column('version', sa.String(length=10), nullable=False),
    sa.Column('op', sa.String(length=8), nullable=False),
    sa.Column('sender', sa.String(length=20), nullable=False),
    sa.Column('receiver', sa.String(length=20), nullable=False),
    sa.Column('biz_key', sa.String(length=200), nullable=False),
    sa.Column('biz_version', sa.BigInteger(), nullable=False),
    sa.Column('classification', sa.String(length=10), nullable=False),
    sa.Column('correlation_id', sa.String(length=36), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('outcome', sa.String(length=10), nullable=False),
    sa.Column('draft', sa.JSON(), nullable=False),
    sa.Column('envelope', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('suite', sa.String(length=20), nullable=False),
    sa.Column('kid', sa.String(length=32), nullable=False),
    sa.Column('signature', sa.Text(), nullable=False),
    sa.Column('is_replay', sa.Boolean(), nullable=False),
    sa.Column('came_from', sa.String(length=20), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('event_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('done_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('expires_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('error_code', sa.String(length=60), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('rows', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['stream_id'], ['stream.id'], name=op.f('fk_message_stream_id_stream')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('direction', 'message_id', name=op.f('uq_message_direction_message_id')),
    sa.UniqueConstraint('stream_id', 'seq', name=op.f('uq_message_stream_id_seq'))
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.create_index('ix_message_biz_key', ['biz_key'], unique=False)
        batch_op.create_index('ix_message_correlation_id', ['correlation_id'], unique=False)
        batch_op.create_index('ix_message_direction_state', ['direction', 'state'], unique=False)

    op.create_table('receipt',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('message_id', sa.String(length=36), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('giver', sa.String(length=20), nullable=False),
    sa.Column('sheet_id', sa.Integer(), nullable=False),
    sa.Column('outcome', sa.String(length=10), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('rows', sa.JSON(), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['sheet_id'], ['receipt_sheet.id'], name=op.f('fk_receipt_sheet_id_receipt_sheet')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt'))
    )
    with op.batch_alter_table('receipt', schema=None) as batch_op:
        batch_op.create_index('ix_receipt_message_id_direction', ['message_id', 'direction'], unique=False)
        batch_op.create_index(batch_op.f('ix_receipt_sheet_id'), ['sheet_id'], unique=False)

    op.create_table('delivery',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('message_row', sa.Integer(), nullable=False),
    sa.Column('peer', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('sent_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('stored_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('done_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('package', sa.String(length=80), nullable=True),
    sa.ForeignKeyConstraint(['message_row'], ['message.id'], name=op.f('fk_delivery_message_row_message')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery')),
    sa.UniqueConstraint('message_row', 'peer', name=op.f('uq_delivery_message_row_peer'))
    )
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.create_index('ix_delivery_peer_state_message_row', ['peer', 'state', 'message_row'], unique=False)



def upgrade() -> None:
    _exchange()

