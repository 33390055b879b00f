"""The audit log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "guild_id",
            sa.BigInteger,
            sa.ForeignKey("guilds.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("actor_id", sa.BigInteger),
        sa.Column("action", sa.SmallInteger, nullable=False),
        sa.Column("target_id", sa.BigInteger),
        sa.Column("changes", JSONB, nullable=False),
        sa.Column("options", JSONB, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Index("audit_entries_guild", "guild_id", "id"),
        sa.Index("audit_entries_actor", "guild_id", "actor_id", "id"),
        sa.Index("audit_entries_action", "guild_id", "action", "id"),
        sa.Index("audit_entries_target", "guild_id", "target_id", "id"),
    )


def downgrade() -> None:
    op.drop_table("audit_entries")
