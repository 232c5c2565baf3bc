"""merchants' accounts, applications and proofs of control"""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('icp_filing',
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('holder_code', sa.String(length=18), nullable=False),
    sa.Column('holder_name', sa.String(length=200), nullable=False),
    sa.Column('domains', sa.JSON(), nullable=False),
    sa.Column('source_ref', sa.String(length=200), nullable=False),
    sa.Column('imported_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_icp_filing'))
    )
    with op.batch_alter_table('icp_filing', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_icp_filing_holder_code'), ['holder_code'], unique=False)

    op.create_table('merchant_account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('display_name', sa.String(length=60), nullable=False),
    sa.Column('contact', sa.String(length=100), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('failed_attempts', sa.Integer(), nullable=False),
    sa.Column('locked_until', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('recovery_sha256', sa.String(length=64), nullable=False),
    sa.Column('recovery_by', sa.String(length=60), nullable=False),
    sa.Column('recovery_expires_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('recovery_tries', sa.Integer(), nullable=False),
    sa.Column('created_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_merchant_account')),
    sa.UniqueConstraint('name', name=op.f('uq_merchant_account_name'))
    )
    op.create_table('application',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=18), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.Column('subject_name', sa.String(length=200), nullable=False),
    sa.Column('declared_name', sa.String(length=200), nullable=False),
    sa.Column('representative', sa.String(length=60), nullable=False),
    sa.Column('category', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('state_since', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('match', sa.JSON(), nullable=False),
    sa.Column('approval', sa.String(length=10), nullable=False),
    sa.Column('approval_reasons', sa.JSON(), nullable=False),
    sa.Column('granted_for', sa.JSON(), nullable=False),
    sa.Column('approved_by', sa.String(length=60), nullable=False),
    sa.Column('approved_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('approval_note', sa.Text(), nullable=False),
    sa.Column('badge_id', sa.String(length=60), nullable=False),
    sa.Column('badge_expires_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('suspended_for', sa.String(length=40), nullable=False),
    sa.Column('registry_seen_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('created_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['merchant_account.id'], name=op.f('fk_application_account_id_merchant_account')),
    sa.ForeignKeyConstraint(['subject_id'], ['subject.id'], name=op.f('fk_application_subject_id_subject')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application'))
    )
    with op.batch_alter_table('application', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_application_account_id'), ['account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_application_code'), ['code'], unique=False)
        batch_op.create_index('ix_application_state', ['state', 'state_since'], unique=False)
        batch_op.create_index(batch_op.f('ix_application_subject_id'), ['subject_id'], unique=False)
        batch_op.create_index('uq_application_live', ['account_id', 'code'], unique=True, sqlite_where=sa.text("state NOT IN ('revoked', 'expired')"), postgresql_where=sa.text("state NOT IN ('revoked', 'expired')"))

    op.create_table('licence_link',
    sa.Column('shop_id', sa.Integer(), nullable=False),
    sa.Column('url', sa.String(length=1000), nullable=False),
    sa.Column('declared', sa.JSON(), nullable=False),
    sa.Column('error', sa.String(length=30), nullable=False),
    sa.Column('page_id', sa.Integer(), nullable=True),
    sa.Column('looked_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['page_id'], ['page.id'], name=op.f('fk_licence_link_page_id_page')),
    sa.ForeignKeyConstraint(['shop_id'], ['shop.id'], name=op.f('fk_licence_link_shop_id_shop')),
    sa.PrimaryKeyConstraint('shop_id', name=op.f('pk_licence_link'))
    )
    with op.batch_alter_table('licence_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_licence_link_looked_at'), ['looked_at'], unique=False)

    op.create_table('merchant_session',
    sa.Column('token_sha256', sa.String(length=64), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('csrf_token', sa.String(length=64), nullable=False),
    sa.Column('created_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['merchant_account.id'], name=op.f('fk_merchant_session_account_id_merchant_account')),
    sa.PrimaryKeyConstraint('token_sha256', name=op.f('pk_merchant_session'))
    )
    with op.batch_alter_table('merchant_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_merchant_session_account_id'), ['account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_merchant_session_expires_at'), ['expires_at'], unique=False)

    op.create_table('application_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('event', sa.String(length=20), nullable=False),
    sa.Column('before', sa.String(length=10), nullable=False),
    sa.Column('after', sa.String(length=10), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('actor', sa.String(length=80), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_application_event_application_id_application')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application_event')),
    sa.UniqueConstraint('application_id', 'seq', name=op.f('uq_application_event_application_id_seq')),
    sa.UniqueConstraint('hash', name=op.f('uq_application_event_hash'))
    )
    with op.batch_alter_table('application_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_application_event_application_id'), ['application_id'], unique=False)

    op.create_table('site_claim',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('origin', sa.String(length=300), nullable=False),
    sa.Column('host', sa.String(length=255), nullable=False),
    sa.Column('domain', sa.String(length=255), nullable=False),
    sa.Column('scope', sa.String(length=10), nullable=False),
    sa.Column('path', sa.String(length=500), nullable=False),
    sa.Column('shop_id', sa.Integer(), nullable=True),
    sa.Column('warnings', sa.JSON(), nullable=False),
    sa.Column('token', sa.String(length=26), nullable=False),
    sa.Column('token_expires_on', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('method', sa.String(length=10), nullable=False),
    sa.Column('linked', sa.JSON(), nullable=False),
    sa.Column('doubts', sa.JSON(), nullable=False),
    sa.Column('proven_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('proof_expires_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('failing_since', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('next_probe_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('next_crawl_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('created_at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('removed_at', kernel.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_site_claim_application_id_application')),
    sa.ForeignKeyConstraint(['shop_id'], ['shop.id'], name=op.f('fk_site_claim_shop_id_shop')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site_claim'))
    )
    with op.batch_alter_table('site_claim', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_site_claim_application_id'), ['application_id'], unique=False)
        batch_op.create_index('ix_site_claim_domain', ['domain'], unique=False)
        batch_op.create_index('ix_site_claim_host', ['host'], unique=False)
        batch_op.create_index('ix_site_claim_next_probe_at', ['next_probe_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_site_claim_shop_id'), ['shop_id'], unique=False)
        batch_op.create_index('uq_site_claim_held', ['application_id', 'host', 'path'], unique=True, sqlite_where=sa.text('removed_at IS NULL'), postgresql_where=sa.text('removed_at IS NULL'))

    op.create_table('control_proof',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('site_claim_id', sa.Integer(), nullable=False),
    sa.Column('method', sa.String(length=10), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ok', sa.Boolean(), nullable=False),
    sa.Column('cause', sa.String(length=30), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('occasion', sa.String(length=10), nullable=False),
    sa.ForeignKeyConstraint(['site_claim_id'], ['site_claim.id'], name=op.f('fk_control_proof_site_claim_id_site_claim')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_control_proof'))
    )
    with op.batch_alter_table('control_proof', schema=None) as batch_op:
        batch_op.create_index('ix_control_proof_site_claim_id', ['site_claim_id', 'at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('control_proof', schema=None) as batch_op:
        batch_op.drop_index('ix_control_proof_site_claim_id')

    op.drop_table('control_proof')
    with op.batch_alter_table('site_claim', schema=None) as batch_op:
        batch_op.drop_index('uq_site_claim_held', sqlite_where=sa.text('removed_at IS NULL'), postgresql_where=sa.text('removed_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_site_claim_shop_id'))
        batch_op.drop_index('ix_site_claim_next_probe_at')
        batch_op.drop_index('ix_site_claim_host')
        batch_op.drop_index('ix_site_claim_domain')
        batch_op.drop_index(batch_op.f('ix_site_claim_application_id'))

    op.drop_table('site_claim')
    with op.batch_alter_table('application_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_application_event_application_id'))

    op.drop_table('application_event')
    with op.batch_alter_table('merchant_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_merchant_session_expires_at'))
        batch_op.drop_index(batch_op.f('ix_merchant_session_account_id'))

    op.drop_table('merchant_session')
    with op.batch_alter_table('licence_link', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_licence_link_looked_at'))

    op.drop_table('licence_link')
    with op.batch_alter_table('application', schema=None) as batch_op:
        batch_op.drop_index('uq_application_live', sqlite_where=sa.text("state NOT IN ('revoked', 'expired')"), postgresql_where=sa.text("state NOT IN ('revoked', 'expired')"))
        batch_op.drop_index(batch_op.f('ix_application_subject_id'))
        batch_op.drop_index('ix_application_state')
        batch_op.drop_index(batch_op.f('ix_application_code'))
        batch_op.drop_index(batch_op.f('ix_application_account_id'))

    op.drop_table('application')
    op.drop_table('merchant_account')
    with op.batch_alter_table('icp_filing', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_icp_filing_holder_code'))

    op.drop_table('icp_filing')
