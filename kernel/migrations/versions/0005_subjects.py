"""market subjects, their names, claims, links and tasks; how far the question who runs a shop is"""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('subject',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=18), nullable=False),
    sa.Column('registration_number', sa.String(length=15), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('region', sa.String(length=6), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('persons', sa.JSON(), nullable=False),
    sa.Column('established_on', sa.Date(), nullable=True),
    sa.Column('approved_on', sa.Date(), nullable=True),
    sa.Column('updated_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subject'))
    )
    with op.batch_alter_table('subject', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_subject_registration_number'), ['registration_number'], unique=False)
        batch_op.create_index(batch_op.f('ix_subject_status'), ['status'], unique=False)
        batch_op.create_index(batch_op.f('ix_subject_updated_at'), ['updated_at'], unique=False)
        batch_op.create_index('uq_subject_code', ['code'], unique=True, sqlite_where=sa.text("code <> ''"), postgresql_where=sa.text("code <> ''"))
        batch_op.create_index('uq_subject_old_number', ['registration_number'], unique=True, sqlite_where=sa.text("code = '' AND registration_number <> ''"), postgresql_where=sa.text("code = '' AND registration_number <> ''"))

    op.create_table('shop_identity',
    sa.Column('shop_id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=32), nullable=False),
    sa.Column('outcome', sa.String(length=12), nullable=False),
    sa.Column('last_fact_id', sa.Integer(), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('checked_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['shop_id'], ['shop.id'], name=op.f('fk_shop_identity_shop_id_shop')),
    sa.PrimaryKeyConstraint('shop_id', name=op.f('pk_shop_identity'))
    )
    with op.batch_alter_table('shop_identity', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_shop_identity_checked_at'), ['checked_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_shop_identity_outcome'), ['outcome'], unique=False)

    op.create_table('subject_claim',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.Column('field', sa.String(length=30), nullable=False),
    sa.Column('value', sa.JSON(), nullable=False),
    sa.Column('digest', sa.String(length=32), nullable=False),
    sa.Column('source', sa.String(length=20), nullable=False),
    sa.Column('source_ref', sa.String(length=300), nullable=False),
    sa.Column('source_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('confirmed_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('seen_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('superseded_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['subject_id'], ['subject.id'], name=op.f('fk_subject_claim_subject_id_subject')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subject_claim'))
    )
    with op.batch_alter_table('subject_claim', schema=None) as batch_op:
        batch_op.create_index('ix_subject_claim_subject', ['subject_id', 'field', 'source'], unique=False)

    op.create_table('subject_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('key', sa.String(length=500), nullable=False),
    sa.Column('relation', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('score', sa.Integer(), nullable=False),
    sa.Column('reasons', sa.JSON(), nullable=False),
    sa.Column('source', sa.String(length=20), nullable=False),
    sa.Column('decided_by', sa.String(length=60), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['subject_id'], ['subject.id'], name=op.f('fk_subject_link_subject_id_subject')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subject_link'))
    )
    with op.batch_alter_table('subject_link', schema=None) as batch_op:
        batch_op.create_index('ix_subject_link_thing', ['kind', 'key'], unique=False)
        batch_op.create_index('uq_subject_link_live', ['subject_id', 'kind', 'key', 'relation'], unique=True, sqlite_where=sa.text("state IN ('auto', 'proposed', 'confirmed')"), postgresql_where=sa.text("state IN ('auto', 'proposed', 'confirmed')"))

    op.create_table('subject_name',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('form', sa.String(length=8), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('source', sa.String(length=20), nullable=False),
    sa.Column('since', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('until', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['subject_id'], ['subject.id'], name=op.f('fk_subject_name_subject_id_subject')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subject_name'))
    )
    with op.batch_alter_table('subject_name', schema=None) as batch_op:
        batch_op.create_index('ix_subject_name_form', ['form'], unique=False)
        batch_op.create_index('ix_subject_name_key', ['key'], unique=False)
        batch_op.create_index('ix_subject_name_subject_id', ['subject_id'], unique=False)

    op.create_table('subject_task',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('about', sa.String(length=40), nullable=False),
    sa.Column('topic', sa.String(length=255), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=True),
    sa.Column('shop_id', sa.Integer(), nullable=True),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('owner_unit', sa.String(length=8), nullable=False),
    sa.Column('created_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('due_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('decided_by', sa.String(length=60), nullable=False),
    sa.Column('decided_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('decision', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['shop_id'], ['shop.id'], name=op.f('fk_subject_task_shop_id_shop')),
    sa.ForeignKeyConstraint(['subject_id'], ['subject.id'], name=op.f('fk_subject_task_subject_id_subject')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subject_task'))
    )
    with op.batch_alter_table('subject_task', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_subject_task_shop_id'), ['shop_id'], unique=False)
        batch_op.create_index('ix_subject_task_state', ['state', 'kind'], unique=False)
        batch_op.create_index(batch_op.f('ix_subject_task_subject_id'), ['subject_id'], unique=False)
        batch_op.create_index('uq_subject_task_open', ['kind', 'about', 'topic'], unique=True, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))

    op.create_table('subject_name_key',
    sa.Column('name_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['name_id'], ['subject_name.id'], name=op.f('fk_subject_name_key_name_id_subject_name')),
    sa.PrimaryKeyConstraint('name_id', 'key', name=op.f('pk_subject_name_key'))
    )
    with op.batch_alter_table('subject_name_key', schema=None) as batch_op:
        batch_op.create_index('ix_subject_name_key_key', ['key'], unique=False)


def downgrade() -> None:
    for table in ("subject_name_key", "subject_task", "subject_name", "subject_link", "subject_claim", "shop_identity", "subject"):
        op.drop_table(table)
