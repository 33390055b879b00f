"""Files that hang on messages, or wait to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "files",
        sa.Column("channel_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("author_id", sa.BigInteger, nullable=False),
        sa.Column("filename", sa.Text, nullable=False),
        sa.Column("facts", JSONB),
        sa.Column("due", sa.DateTime(timezone=True)),
        sa.Column("holder_channel_id", sa.BigInteger),
        sa.Column("holder_id", sa.BigInteger),
    )
    op.create_index("files_due", "files", ["due"], postgresql_where=sa.text("due IS NOT NULL"))
    op.create_index(
        "files_held",
        "files",
        ["holder_channel_id", "holder_id"],
        postgresql_where=sa.text("holder_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("files")
