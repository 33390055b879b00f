"""Numbers for pushes that are queued within the database."""

from alembic import op
from sqlalchemy.schema import CreateSequence, DropSequence, Sequence

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(CreateSequence(Sequence("deliveries_number")))


def downgrade() -> None:
    op.execute(DropSequence(Sequence("deliveries_number")))
