"""records of linked systems"""

revision = '0008'
down_revision = '0007b'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
