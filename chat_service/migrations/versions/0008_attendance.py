"""Attendance."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False)


def upgrade() -> None:
    op.create_table(
        "rolls",
        _key("channel_id"),
        _key("message_id"),
        sa.Column("total", sa.Integer, nullable=False),
    )
    op.create_table(
        "check_ins",
        _key("channel_id"),
        _key("message_id"),
        _key("user_id"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("check_ins")
    op.drop_table("rolls")
