"""Polls and quizzes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def _key(name: str, kind: type[sa.types.TypeEngine[int]] = sa.BigInteger) -> sa.Column[int]:
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def upgrade() -> None:
    op.create_table(
        "polls",
        _key("channel_id"),
        _key("message_id"),
        sa.Column("closes", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    op.create_table(
        "poll_counts",
        _key("channel_id"),
        _key("message_id"),
        _key("answer_id", sa.SmallInteger),
        sa.Column("total", sa.Integer, nullable=False),
    )
    op.create_table(
        "poll_votes",
        _key("channel_id"),
        _key("message_id"),
        _key("answer_id", sa.SmallInteger),
        _key("user_id"),
    )
    op.create_table(
        "quiz_scores",
        _key("channel_id"),
        _key("user_id"),
        sa.Column("right", sa.Integer, nullable=False),
        sa.Column("answered", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    for name in ("quiz_scores", "poll_votes", "poll_counts", "polls"):
        op.drop_table(name)
