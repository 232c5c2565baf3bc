"""an index of what pages say of the shop itself"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    of_shop = sa.text('listing_id IS NULL')
    op.create_index('ix_fact_own', 'fact', ['shop_id'], unique=False, sqlite_where=of_shop, postgresql_where=of_shop)
