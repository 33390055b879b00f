"""Who goes says whether what they wrote is to go as well."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Those who have gone already said nothing."""
    said = sa.Column("with_messages", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("departed", said)


def downgrade() -> None:
    """It is not asked."""
    op.drop_column("departed", "with_messages")
