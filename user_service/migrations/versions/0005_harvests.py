"""Archives of harvests lie with the other files."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Keep none in the database."""
    op.drop_column("harvests", "archive")


def downgrade() -> None:
    """Make room for them again."""
    op.add_column("harvests", sa.Column("archive", sa.LargeBinary))
