"""Commands of applications, who may use them, and what is asked of applications."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "commands",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("application_id", sa.BigInteger, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("type", sa.SmallInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("definition", JSONB, nullable=False),
        sa.UniqueConstraint("application_id", "guild_id", "type", "name", name="commands_called"),
        sa.Index("commands_of_guild", "guild_id"),
    )
    op.create_table(
        "command_permissions",
        sa.Column("guild_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("application_id", sa.BigInteger, nullable=False),
        sa.Column("permissions", JSONB, nullable=False),
    )
    op.create_table(
        "interactions",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("application_id", sa.BigInteger, nullable=False),
        sa.Column("type", sa.SmallInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("guild_id", sa.BigInteger),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("nonce", sa.Text),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("asked", JSONB, nullable=False),
        sa.Column("response_id", sa.BigInteger),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Index("interactions_created", "created"),
        sa.Index("interactions_waiting", "created", postgresql_where=sa.text("state = 0")),
    )
    op.create_table(
        "whispers",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("author_id", sa.BigInteger, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("type", sa.SmallInteger, nullable=False),
        sa.Column("flags", sa.Integer, nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited", sa.DateTime(timezone=True)),
        sa.Column("extras", JSONB),
        sa.Index("whispers_created", "created"),
    )


def downgrade() -> None:
    for name in ("whispers", "interactions", "command_permissions", "commands"):
        op.drop_table(name)
