"""When somebody has seen what is pinned in a channel."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("read_states", sa.Column("pins_seen", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("read_states", "pins_seen")
