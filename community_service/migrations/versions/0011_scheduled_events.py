"""Scheduled events, and who is interested in them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "scheduled_events",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "guild_id",
            sa.BigInteger,
            sa.ForeignKey("guilds.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("creator_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.SmallInteger, nullable=False),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("location", sa.Text),
        sa.Column("description", sa.Text),
        sa.Column("image", sa.Text),
        sa.Column("ends", sa.DateTime(timezone=True)),
        sa.Column("recurrence", JSONB(none_as_null=True)),
        sa.Column("finished", sa.DateTime(timezone=True)),
        sa.Column("due", sa.DateTime(timezone=True)),
        sa.Index("scheduled_events_guild", "guild_id"),
        sa.Index("scheduled_events_due", "due"),
        sa.Index("scheduled_events_channel", "channel_id"),
        sa.Index("scheduled_events_finished", "finished"),
    )
    op.create_table(
        "interests",
        sa.Column(
            "event_id",
            sa.BigInteger,
            sa.ForeignKey("scheduled_events.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("user_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["guild_id", "user_id"], ["members.guild_id", "members.user_id"], ondelete="CASCADE"
        ),
        sa.Index("interests_member", "guild_id", "user_id"),
        sa.Index("interests_user", "user_id"),
    )


def downgrade() -> None:
    op.drop_table("interests")
    op.drop_table("scheduled_events")
