"""Archived threads are listed by when they fell asleep, private ones apart."""

from alembic import op
from sqlalchemy import text

revision = "0012"
down_revision = "0011"

_KEY = ["parent_id", "changed", "id"]


def upgrade() -> None:
    op.drop_index("threads_archived", "threads")
    for name, kind in (("open", "<>"), ("closed", "=")):
        where = text(f"is_archived AND type {kind} 12")
        op.create_index(f"threads_archived_{name}", "threads", _KEY, postgresql_where=where)


def downgrade() -> None:
    for name in ("open", "closed"):
        op.drop_index(f"threads_archived_{name}", "threads")
    where = text("is_archived")
    op.create_index(
        "threads_archived", "threads", ["parent_id", "type", "changed"], postgresql_where=where
    )
