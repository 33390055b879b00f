"""Whoever deletes their account may have all go that they said, and what they left under others'
messages is found by them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_LEFT = ("reactions", "poll_votes", "check_ins", "quiz_scores")


def upgrade() -> None:
    op.create_table(
        "farewells",
        sa.Column("user_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("with_messages", sa.Boolean, nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.BigInteger, nullable=False),
    )
    for table in _LEFT:
        op.create_index(f"{table}_of_user", table, ["user_id"])
    op.create_index("files_of_author", "files", ["author_id"])


def downgrade() -> None:
    op.drop_index("files_of_author", "files")
    for table in _LEFT:
        op.drop_index(f"{table}_of_user", table)
    op.drop_table("farewells")
