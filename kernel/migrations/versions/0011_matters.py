"""cases as they are told to others, and what was told of leads, cases and evidence"""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('case_file',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('title', sa.String(length=400), nullable=False),
    sa.Column('state', sa.String(length=14), nullable=False),
    sa.Column('cause', sa.String(length=400), nullable=False),
    sa.Column('laws', sa.JSON(), nullable=False),
    sa.Column('decision', sa.Text(), nullable=False),
    sa.Column('filed_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('subject_code', sa.String(length=18), nullable=False),
    sa.Column('subject_name', sa.String(length=200), nullable=False),
    sa.Column('region', sa.String(length=6), nullable=False),
    sa.Column('shop_id', sa.Integer(), nullable=True),
    sa.Column('hit_id', sa.Integer(), nullable=True),
    sa.Column('officers', sa.JSON(), nullable=False),
    sa.Column('opened_by', sa.String(length=60), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('changed_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['hit_id'], ['rule_hit.id'], name=op.f('fk_case_file_hit_id_rule_hit')),
    sa.ForeignKeyConstraint(['shop_id'], ['shop.id'], name=op.f('fk_case_file_shop_id_shop')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_file')),
    sa.UniqueConstraint('number', name=op.f('uq_case_file_number'))
    )
    with op.batch_alter_table('case_file', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_file_hit_id'), ['hit_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_case_file_shop_id'), ['shop_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_case_file_state'), ['state'], unique=False)

    op.create_table('told_matter',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('object_id', sa.String(length=60), nullable=False),
    sa.Column('parent', sa.String(length=200), nullable=False),
    sa.Column('other', sa.String(length=20), nullable=False),
    sa.Column('unit', sa.String(length=20), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('op', sa.String(length=8), nullable=False),
    sa.Column('message_id', sa.String(length=36), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=14), nullable=False),
    sa.Column('way', sa.String(length=10), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('actor', sa.String(length=60), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('sealed', sa.JSON(), nullable=False),
    sa.Column('shop_id', sa.Integer(), nullable=True),
    sa.Column('subject_id', sa.Integer(), nullable=True),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('changed_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['shop_id'], ['shop.id'], name=op.f('fk_told_matter_shop_id_shop')),
    sa.ForeignKeyConstraint(['subject_id'], ['subject.id'], name=op.f('fk_told_matter_subject_id_subject')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_told_matter')),
    sa.UniqueConstraint('direction', 'kind', 'key', 'other', 'unit', name=op.f('uq_told_matter_direction_kind_key_other_unit'))
    )
    with op.batch_alter_table('told_matter', schema=None) as batch_op:
        batch_op.create_index('ix_told_matter_object', ['kind', 'object_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_told_matter_message_id'), ['message_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_told_matter_parent'), ['parent'], unique=False)
        batch_op.create_index(batch_op.f('ix_told_matter_shop_id'), ['shop_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_told_matter_subject_id'), ['subject_id'], unique=False)
