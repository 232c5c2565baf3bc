"""data quality runs, findings and owners"""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('quality_owner',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('data_set', sa.String(length=40), nullable=False),
    sa.Column('field', sa.String(length=60), nullable=False),
    sa.Column('unit', sa.String(length=20), nullable=False),
    sa.Column('days', sa.Integer(), nullable=True),
    sa.Column('set_by', sa.String(length=60), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quality_owner')),
    sa.UniqueConstraint('data_set', 'field', name=op.f('uq_quality_owner_data_set_field'))
    )
    op.create_table('quality_run',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('data_set', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('source', sa.String(length=100), nullable=False),
    sa.Column('unit', sa.String(length=20), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('bad_rows', sa.Integer(), nullable=False),
    sa.Column('findings', sa.Integer(), nullable=False),
    sa.Column('beyond', sa.Integer(), nullable=False),
    sa.Column('opened', sa.Integer(), nullable=False),
    sa.Column('fixed', sa.Integer(), nullable=False),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.Column('profile', sa.JSON(), nullable=False),
    sa.Column('drift', sa.JSON(), nullable=False),
    sa.Column('upto', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quality_run')),
    sa.UniqueConstraint('data_set', 'kind', 'source', 'unit', 'day', name=op.f('uq_quality_run_data_set_kind_source_unit_day'))
    )
    with op.batch_alter_table('quality_run', schema=None) as batch_op:
        batch_op.create_index('ix_quality_run_day', ['day'], unique=False)

    op.create_table('quality_finding',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('data_set', sa.String(length=40), nullable=False),
    sa.Column('rule_id', sa.String(length=40), nullable=False),
    sa.Column('field', sa.String(length=60), nullable=False),
    sa.Column('row_key', sa.String(length=240), nullable=False),
    sa.Column('row_number', sa.Integer(), nullable=False),
    sa.Column('severity', sa.String(length=10), nullable=False),
    sa.Column('got', sa.Text(), nullable=False),
    sa.Column('expected', sa.Text(), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.Column('row', sa.JSON(), nullable=False),
    sa.Column('source', sa.String(length=100), nullable=False),
    sa.Column('owner_unit', sa.String(length=20), nullable=False),
    sa.Column('due_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('first_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('last_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('closed_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.String(length=60), nullable=False),
    sa.Column('decision', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['quality_run.id'], name=op.f('fk_quality_finding_run_id_quality_run')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quality_finding')),
    sa.UniqueConstraint('data_set', 'rule_id', 'row_key', name=op.f('uq_quality_finding_data_set_rule_id_row_key'))
    )
    with op.batch_alter_table('quality_finding', schema=None) as batch_op:
        batch_op.create_index('ix_quality_finding_owner_state', ['owner_unit', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_quality_finding_run_id'), ['run_id'], unique=False)
        batch_op.create_index('ix_quality_finding_state_due', ['state', 'due_at'], unique=False)


def downgrade() -> None:
    op.drop_table('quality_finding')
    op.drop_table('quality_run')
    op.drop_table('quality_owner')
