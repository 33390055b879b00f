"""What one batch tells of a channel is one row: it is written and gone, not compressed."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute("ALTER TABLE outbox ALTER COLUMN record SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.execute("ALTER TABLE outbox ALTER COLUMN record SET STORAGE EXTENDED")
