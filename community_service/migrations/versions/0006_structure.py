"""What roles look like, and what voice channels and forums have beside others."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"

_OF_ROLES: tuple[tuple[str, type[Any]], ...] = (
    ("secondary_color", sa.Integer),
    ("tertiary_color", sa.Integer),
    ("icon", sa.Text),
    ("unicode_emoji", sa.Text),
)
_OF_CHANNELS: tuple[tuple[str, type[Any]], ...] = (
    ("rtc_region", sa.Text),
    ("video_quality_mode", sa.SmallInteger),
    ("default_auto_archive_duration", sa.Integer),
    ("default_thread_rate_limit_per_user", sa.Integer),
    ("default_reaction_emoji", JSONB),
    ("default_sort_order", sa.SmallInteger),
    ("default_forum_layout", sa.SmallInteger),
    ("available_tags", JSONB),
)


def upgrade() -> None:
    for name, kind in _OF_ROLES:
        op.add_column("roles", sa.Column(name, kind))
    for name, kind in _OF_CHANNELS:
        op.add_column("channels", sa.Column(name, kind))
    flags = sa.Column("flags", sa.Integer, nullable=False, server_default="0")
    op.add_column("channels", flags)
    op.alter_column("channels", "flags", server_default=None)


def downgrade() -> None:
    op.drop_column("channels", "flags")
    for name, _ in _OF_CHANNELS:
        op.drop_column("channels", name)
    for name, _ in _OF_ROLES:
        op.drop_column("roles", name)
