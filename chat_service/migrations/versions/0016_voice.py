"""Recordings of voice channels, and who was there."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False)


def _moment(name: str, *, is_known: bool = True) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not is_known)


def upgrade() -> None:
    op.create_table(
        "recordings",
        _key("channel_id"),
        _key("id"),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("author_id", sa.BigInteger, nullable=False),
        _moment("began"),
        _moment("ended", is_known=False),
        sa.Column("reason", sa.Text),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("seconds", sa.Float),
        sa.Column("is_kept", sa.Boolean, nullable=False, server_default="false"),
    )
    op.create_index("recordings_by_id", "recordings", ["id"])
    op.create_index("recordings_of_author", "recordings", ["author_id"])
    op.create_table(
        "visits",
        _key("channel_id"),
        _key("id"),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        _moment("began"),
        _moment("ended"),
        sa.Column("spoke_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("visits_in_time", "visits", ["channel_id", "began"])
    op.create_index("visits_of_user", "visits", ["user_id"])
    op.create_index("visits_ended", "visits", ["ended"])


def downgrade() -> None:
    op.drop_table("visits")
    op.drop_table("recordings")
