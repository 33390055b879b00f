"""What becomes of messages after they are sent, conversations outside of guilds, and who has read
what.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False)


def upgrade() -> None:
    op.add_column("messages", sa.Column("edited", sa.DateTime(timezone=True)))
    op.add_column("messages", sa.Column("pinned", sa.DateTime(timezone=True)))
    op.add_column(
        "messages",
        sa.Column("has_reactions", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.add_column("messages", sa.Column("extras", JSONB))
    op.create_index(
        "messages_pinned",
        "messages",
        ["channel_id", "pinned"],
        postgresql_where=sa.text("pinned IS NOT NULL"),
    )
    op.create_table(
        "reaction_kinds",
        _key("channel_id"),
        _key("message_id"),
        sa.Column("emoji", sa.Text, primary_key=True),
        sa.Column("emoji_id", sa.BigInteger),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("animated", sa.Boolean, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("began", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "reactions",
        _key("channel_id"),
        _key("message_id"),
        sa.Column("emoji", sa.Text, primary_key=True),
        _key("user_id"),
    )
    op.create_table(
        "mentions",
        _key("target_id"),
        _key("channel_id"),
        _key("message_id"),
        sa.Column("author_id", sa.BigInteger, nullable=False),
    )
    op.create_index("mentions_of_message", "mentions", ["channel_id", "message_id"])
    op.create_table(
        "mentioned",
        _key("target_id"),
        _key("channel_id"),
        sa.Column("last_message_id", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "read_states",
        _key("user_id"),
        _key("channel_id"),
        sa.Column("last_message_id", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "conversations",
        _key("id"),
        sa.Column("type", sa.SmallInteger, nullable=False),
        sa.Column("owner_id", sa.BigInteger),
        sa.Column("name", sa.Text),
        sa.Column("icon", sa.Text),
        sa.Column("low_id", sa.BigInteger),
        sa.Column("high_id", sa.BigInteger),
        sa.UniqueConstraint("low_id", "high_id", name="conversations_one_of_two"),
    )
    op.create_table(
        "recipients",
        _key("channel_id"),
        _key("user_id"),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("is_request", sa.Boolean, nullable=False),
        sa.Column("ordinal", sa.BigInteger, sa.Identity(always=True), nullable=False),
    )
    op.create_index("recipients_of_user", "recipients", ["user_id"])
    op.create_table(
        "slowed",
        _key("channel_id"),
        _key("user_id"),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    op.create_table(
        "removals",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("guild_id", sa.BigInteger),
        sa.Column("author_id", sa.BigInteger),
        sa.Column("from_id", sa.BigInteger, nullable=False),
        sa.Column("below_id", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "heard",
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("epoch", sa.Text, nullable=False),
        sa.Column("stamp", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    for name in (
        "heard",
        "removals",
        "slowed",
        "recipients",
        "conversations",
        "read_states",
        "mentioned",
        "mentions",
        "reactions",
        "reaction_kinds",
    ):
        op.drop_table(name)
    op.drop_index("messages_pinned")
    for column in ("extras", "has_reactions", "pinned", "edited"):
        op.drop_column("messages", column)
