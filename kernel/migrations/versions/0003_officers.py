"""officers, authorisations, approvals; the case of a piece of evidence"""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('officer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('certificate_number', sa.String(length=40), nullable=False),
    sa.Column('unit', sa.String(length=120), nullable=False),
    sa.Column('account', sa.String(length=60), nullable=False),
    sa.Column('valid_from', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('valid_to', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_officer')),
    sa.UniqueConstraint('account', name=op.f('uq_officer_account')),
    sa.UniqueConstraint('certificate_number', name=op.f('uq_officer_certificate_number'))
    )
    op.create_table('authorisation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.Column('issued_by', sa.String(length=120), nullable=False),
    sa.Column('case_number', sa.String(length=60), nullable=False),
    sa.Column('valid_from', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('valid_to', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_authorisation')),
    sa.UniqueConstraint('number', name=op.f('uq_authorisation_number'))
    )
    with op.batch_alter_table('authorisation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_authorisation_case_number'), ['case_number'], unique=False)
    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.add_column(sa.Column('case_number', sa.String(length=60), nullable=False, server_default=''))
        batch_op.create_index(batch_op.f('ix_evidence_case_number'), ['case_number'], unique=False)
    op.create_table('approval',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('evidence_id', sa.String(length=40), nullable=False),
    sa.Column('authorisation_id', sa.Integer(), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['authorisation_id'], ['authorisation.id'], name=op.f('fk_approval_authorisation_id_authorisation')),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_approval_evidence_id_evidence')),
    sa.ForeignKeyConstraint(['officer_id'], ['officer.id'], name=op.f('fk_approval_officer_id_officer')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval')),
    sa.UniqueConstraint('evidence_id', 'officer_id', 'authorisation_id', name=op.f('uq_approval_evidence_id_officer_id_authorisation_id'))
    )
