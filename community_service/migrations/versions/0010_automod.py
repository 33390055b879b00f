"""Rules of automatic moderation."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "automod_rules",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "guild_id",
            sa.BigInteger,
            sa.ForeignKey("guilds.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("creator_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("trigger", sa.SmallInteger, nullable=False),
        sa.Column("metadata", JSONB, nullable=False),
        sa.Column("actions", JSONB, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("exempt_roles", sa.ARRAY(sa.BigInteger), nullable=False),
        sa.Column("exempt_channels", sa.ARRAY(sa.BigInteger), nullable=False),
        sa.Index("automod_rules_guild", "guild_id"),
    )


def downgrade() -> None:
    op.drop_table("automod_rules")
