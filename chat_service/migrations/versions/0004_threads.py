"""Threads, and who is in them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False)


def upgrade() -> None:
    op.create_table(
        "threads",
        _key("id"),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("parent_id", sa.BigInteger, nullable=False),
        sa.Column("type", sa.SmallInteger, nullable=False),
        sa.Column("owner_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_archived", sa.Boolean, nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archive_after", sa.Integer, nullable=False),
        sa.Column("is_locked", sa.Boolean, nullable=False),
        sa.Column("is_invitable", sa.Boolean, nullable=False),
        sa.Column("slowmode", sa.Integer, nullable=False),
        sa.Column("flags", sa.Integer, nullable=False),
        sa.Column("tags", sa.ARRAY(sa.BigInteger), nullable=False),
        sa.Column("accepted_id", sa.BigInteger),
        sa.Column("message_count", sa.Integer, nullable=False),
        sa.Column("total_sent", sa.Integer, nullable=False),
        sa.Column("member_count", sa.Integer, nullable=False),
    )
    is_active = sa.text("NOT is_archived")
    op.create_index("threads_active", "threads", ["guild_id"], postgresql_where=is_active)
    op.create_index("threads_due", "threads", ["due"], postgresql_where=is_active)
    op.create_index(
        "threads_archived",
        "threads",
        ["parent_id", "type", "changed"],
        postgresql_where=sa.text("is_archived"),
    )
    op.create_index("threads_of_parent", "threads", ["parent_id", "id"])
    op.create_table(
        "thread_members",
        _key("thread_id"),
        _key("user_id"),
        sa.Column("joined", sa.DateTime(timezone=True), nullable=False),
        sa.Column("flags", sa.Integer, nullable=False),
        sa.Column("muted", sa.Boolean, nullable=False),
        sa.Column("mute_config", JSONB),
    )
    op.create_index("thread_members_of_user", "thread_members", ["user_id", "thread_id"])


def downgrade() -> None:
    op.drop_table("thread_members")
    op.drop_table("threads")
