"""Webhooks of channels."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "guild_id",
            sa.BigInteger,
            sa.ForeignKey("guilds.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column(
            "channel_id",
            sa.BigInteger,
            sa.ForeignKey("channels.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("creator_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("avatar", sa.Text),
        sa.Column("token", sa.Text, nullable=False),
        sa.Index("webhooks_guild", "guild_id"),
        sa.Index("webhooks_channel", "channel_id"),
    )


def downgrade() -> None:
    op.drop_table("webhooks")
