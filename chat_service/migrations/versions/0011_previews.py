"""What links led to when they were looked at last."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "previews",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("found", JSONB),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False, index=True),
    )


def downgrade() -> None:
    op.drop_table("previews")
