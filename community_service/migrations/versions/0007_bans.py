"""Bans, what members say of themselves, and names as they are searched."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def _search_key(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(collation="C"))


def upgrade() -> None:
    op.create_table(
        "bans",
        sa.Column(
            "guild_id",
            sa.BigInteger,
            sa.ForeignKey("guilds.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column(
            "user_id",
            sa.BigInteger,
            sa.ForeignKey("people.user_id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("moderator_id", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    _people()
    op.add_column("members", sa.Column("banner", sa.Text))
    op.add_column("members", sa.Column("bio", sa.Text, nullable=False, server_default=""))
    op.add_column(
        "members",
        sa.Column("is_temporary", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.add_column("members", _search_key("nick_key"))
    op.create_index("members_nick_key", "members", ["guild_id", "nick_key"])
    op.create_index(
        "members_temporary", "members", ["user_id"], postgresql_where=sa.text("is_temporary")
    )


def _people() -> None:
    op.add_column("people", sa.Column("last_seen_at", sa.DateTime(timezone=True)))
    for name in ("username", "global_name"):
        key = f"{name}_key"
        op.add_column("people", _search_key(key))
        # Near enough until the face is asked for again, which writes the real key.
        people = sa.table("people", sa.column(name), sa.column(key))
        folded = sa.func.lower(sa.func.normalize(people.c[name], sa.text("NFKC")))
        op.execute(people.update().values({key: folded}))
        op.create_index(f"people_{key}", "people", [key])


def downgrade() -> None:
    op.drop_table("bans")
    for name in ("banner", "bio", "is_temporary", "nick_key"):
        op.drop_column("members", name)
    for name in ("last_seen_at", "username_key", "global_name_key"):
        op.drop_column("people", name)
