"""Profiles with pictures, relationships, settings, notes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Room for all of it."""
    op.add_column("users", sa.Column("banner", sa.Text))
    op.add_column("users", sa.Column("accent_color", sa.Integer))
    for name in ("bio", "pronouns"):
        op.add_column("users", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.create_table(
        "worn_pictures",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("worn", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "relationships",
        _person("user_id"),
        _person("other_id"),
        sa.Column("type", sa.SmallInteger, nullable=False),
        sa.Column("nickname", sa.Text),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("relationships_by_type", "relationships", ["user_id", "type", "other_id"])
    op.create_table(
        "user_settings",
        _person("user_id"),
        sa.Column("settings", JSONB, nullable=False),
        sa.Column("status_until", sa.DateTime(timezone=True)),
    )
    op.create_index(
        "settings_status_until",
        "user_settings",
        ["status_until"],
        postgresql_where=sa.text("status_until IS NOT NULL"),
    )
    op.create_table(
        "guild_settings",
        _person("user_id"),
        sa.Column("guild_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("settings", JSONB, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "notes",
        _person("user_id"),
        _person("other_id"),
        sa.Column("note", sa.Text, nullable=False),
    )


def _person(name: str) -> sa.Column[int]:
    return sa.Column(
        name, sa.BigInteger, sa.ForeignKey("users.id"), primary_key=True, autoincrement=False
    )


def downgrade() -> None:
    """Remove it."""
    tables = ("notes", "guild_settings", "user_settings", "relationships", "worn_pictures")
    for table in tables:
        op.drop_table(table)
    for name in ("pronouns", "bio", "accent_color", "banner"):
        op.drop_column("users", name)
