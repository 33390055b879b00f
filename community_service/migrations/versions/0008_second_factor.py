"""Guilds that ask a second factor of those who govern."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column(
        "guilds", sa.Column("mfa_level", sa.SmallInteger, nullable=False, server_default="0")
    )


def downgrade() -> None:
    op.drop_column("guilds", "mfa_level")
