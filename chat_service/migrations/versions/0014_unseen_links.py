"""Links that nobody has looked at yet are found again; files come no larger than announced."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "unseen_links",
        sa.Column("channel_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("message_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("tries", sa.SmallInteger, nullable=False, server_default="0"),
    )
    op.add_column("files", sa.Column("announced", sa.BigInteger))


def downgrade() -> None:
    op.drop_column("files", "announced")
    op.drop_table("unseen_links")
