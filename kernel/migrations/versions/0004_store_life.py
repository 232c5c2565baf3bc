"""the store's long life: objects looked at, copies, findings, legal holds, deletions"""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('deletion',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('evidence_id', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.Column('first', sa.String(length=60), nullable=False),
    sa.Column('asked_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('second', sa.String(length=60), nullable=False),
    sa.Column('approved_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('done_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('error_code', sa.String(length=60), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('certificate', sa.Text(), nullable=False),
    sa.Column('signature', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_deletion_evidence_id_evidence')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deletion'))
    )
    with op.batch_alter_table('deletion', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deletion_evidence_id'), ['evidence_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deletion_state'), ['state'], unique=False)

    op.create_table('legal_hold',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('evidence_id', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('case_number', sa.String(length=60), nullable=False),
    sa.Column('by', sa.String(length=60), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('released_by', sa.String(length=60), nullable=False),
    sa.Column('released_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('release_reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_legal_hold_evidence_id_evidence')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_legal_hold'))
    )
    with op.batch_alter_table('legal_hold', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_legal_hold_evidence_id'), ['evidence_id'], unique=False)

    op.create_table('scrub_finding',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('place', sa.String(length=10), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('evidence_id', sa.String(length=40), nullable=True),
    sa.Column('found_sha256', sa.String(length=64), nullable=False),
    sa.Column('restore_from', sa.Text(), nullable=False),
    sa.Column('closed_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_scrub_finding_evidence_id_evidence')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scrub_finding'))
    )
    with op.batch_alter_table('scrub_finding', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_scrub_finding_closed_at'), ['closed_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_scrub_finding_evidence_id'), ['evidence_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_scrub_finding_key'), ['key'], unique=False)

    op.create_table('stored_object',
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('evidence_id', sa.String(length=40), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('checked_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('copied_to', sa.Text(), nullable=False),
    sa.Column('copied_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('copy_checked_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('error_code', sa.String(length=60), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('held', sa.Boolean(), nullable=False),
    sa.Column('retained_until', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_stored_object_evidence_id_evidence')),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_stored_object')),
    sa.UniqueConstraint('evidence_id', name=op.f('uq_stored_object_evidence_id'))
    )
    with op.batch_alter_table('stored_object', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stored_object_checked_at'), ['checked_at'], unique=False)

    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.add_column(sa.Column('retention_until', kernel.db.UtcDateTime(timezone=True), nullable=True))

