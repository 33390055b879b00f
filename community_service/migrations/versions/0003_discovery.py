"""Features of guilds, and those that strangers may find."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column(
        "guilds", sa.Column("features", sa.ARRAY(sa.Text), nullable=False, server_default="{}")
    )
    op.add_column("guilds", sa.Column("splash", sa.Text))
    op.add_column("guilds", sa.Column("discovery_splash", sa.Text))
    op.create_table(
        "listings",
        sa.Column(
            "guild_id",
            sa.BigInteger,
            sa.ForeignKey("guilds.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("category", sa.SmallInteger, nullable=False),
        sa.Column("keywords", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("member_count", sa.Integer, nullable=False),
        sa.Index("listings_size", "member_count"),
    )


def downgrade() -> None:
    op.drop_table("listings")
    for name in ("discovery_splash", "splash", "features"):
        op.drop_column("guilds", name)
