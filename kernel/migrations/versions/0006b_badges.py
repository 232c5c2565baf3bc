"""badges, their tokens and keys, and where they were seen"""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = '0006b'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('badge',
    sa.Column('id', sa.String(length=12), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('sites', sa.JSON(), nullable=False),
    sa.Column('proofs', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('state_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('state_by', sa.String(length=60), nullable=False),
    sa.Column('token', sa.Text(), nullable=False),
    sa.Column('token_idx', sa.Integer(), nullable=False),
    sa.Column('kid', sa.String(length=43), nullable=False),
    sa.Column('issued_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_badge')),
    sa.UniqueConstraint('token_idx', name=op.f('uq_badge_token_idx'))
    )
    with op.batch_alter_table('badge', schema=None) as batch_op:
        for column in ('code', 'expires_at', 'kid', 'revision', 'state', 'subject_id'):
            batch_op.create_index(batch_op.f(f'ix_badge_{column}'), [column], unique=False)

    op.create_table('badge_key',
    sa.Column('kid', sa.String(length=43), nullable=False),
    sa.Column('jwk', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('created_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('state_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('keep_until', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('kid', name=op.f('pk_badge_key'))
    )
    with op.batch_alter_table('badge_key', schema=None) as batch_op:
        for column in ('revision', 'state'):
            batch_op.create_index(batch_op.f(f'ix_badge_key_{column}'), [column], unique=False)

    op.create_table('badge_token',
    sa.Column('idx', sa.Integer(), nullable=False),
    sa.Column('badge_id', sa.String(length=12), nullable=False),
    sa.Column('kid', sa.String(length=43), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('issued_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['badge_id'], ['badge.id'], name=op.f('fk_badge_token_badge_id_badge')),
    sa.PrimaryKeyConstraint('idx', name=op.f('pk_badge_token'))
    )
    with op.batch_alter_table('badge_token', schema=None) as batch_op:
        for column in ('badge_id', 'ended_at', 'kid'):
            batch_op.create_index(batch_op.f(f'ix_badge_token_{column}'), [column], unique=False)

    op.create_table('badge_sighting',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('badge_id', sa.String(length=12), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('host', sa.String(length=255), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('shop_id', sa.Integer(), nullable=True),
    sa.Column('page_id', sa.Integer(), nullable=True),
    sa.Column('score', sa.Integer(), nullable=False),
    sa.Column('reasons', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('first_seen_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.String(length=60), nullable=False),
    sa.Column('decided_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('decision', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['page_id'], ['page.id'], name=op.f('fk_badge_sighting_page_id_page')),
    sa.ForeignKeyConstraint(['shop_id'], ['shop.id'], name=op.f('fk_badge_sighting_shop_id_shop')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_badge_sighting')),
    sa.UniqueConstraint('badge_id', 'kind', 'host', name=op.f('uq_badge_sighting_badge_id_kind_host'))
    )
    with op.batch_alter_table('badge_sighting', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_badge_sighting_host'), ['host'], unique=False)
        batch_op.create_index('ix_badge_sighting_state_last_seen_at', ['state', 'last_seen_at'], unique=False)


def downgrade() -> None:
    for table in ('badge_sighting', 'badge_token', 'badge_key', 'badge'):
        op.drop_table(table)
