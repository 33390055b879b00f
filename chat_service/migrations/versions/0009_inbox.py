"""What people keep for themselves: mentions in order, those they have hidden, saved messages."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False)


def upgrade() -> None:
    op.create_index("mentions_newest", "mentions", ["target_id", "message_id"])
    op.create_table("hidden_mentions", _key("user_id"), _key("channel_id"), _key("message_id"))
    op.create_index("hidden_mentions_of_message", "hidden_mentions", ["channel_id", "message_id"])
    op.create_table(
        "saved",
        _key("user_id"),
        _key("channel_id"),
        _key("message_id"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("saved_latest", "saved", ["user_id", "at"])
    op.create_index("saved_of_message", "saved", ["channel_id", "message_id"])


def downgrade() -> None:
    op.drop_table("saved")
    op.drop_table("hidden_mentions")
    op.drop_index("mentions_newest")
