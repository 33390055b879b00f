"""Custom emojis of guilds."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "emojis",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "guild_id",
            sa.BigInteger,
            sa.ForeignKey("guilds.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("is_animated", sa.Boolean, nullable=False),
        sa.Column("creator_id", sa.BigInteger, nullable=False),
        sa.Column("roles", sa.ARRAY(sa.BigInteger), nullable=False),
        sa.Index("emojis_guild", "guild_id"),
    )


def downgrade() -> None:
    op.drop_table("emojis")
