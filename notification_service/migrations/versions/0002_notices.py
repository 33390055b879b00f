"""People who are watched, notices, pushes on their way, history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("devices", sa.Column("p256dh", sa.Text))
    op.add_column("devices", sa.Column("auth", sa.Text))
    # What was registered so far held a browser's whole subscription, which nothing was pushed to.
    op.execute("DELETE FROM devices WHERE provider = 'webpush'")
    op.create_table(
        "people",
        sa.Column("user_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("locale", sa.Text, nullable=False),
        sa.Column("is_dnd", sa.Boolean, nullable=False),
        sa.Column("hides_content", sa.Boolean, nullable=False),
        sa.Column("wants_digest", sa.Boolean, nullable=False),
        sa.Column("active", _MOMENT, nullable=False),
        sa.Column("digested", _MOMENT),
    )
    op.create_index("people_digest", "people", ["active"], postgresql_where=sa.text("wants_digest"))
    op.execute(
        "INSERT INTO people SELECT DISTINCT user_id, 'en-US', false, false, false, now() "
        "FROM devices"
    )
    _notices()
    _deliveries()
    _history()


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("user_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("guild_id", sa.BigInteger),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("about_id", sa.BigInteger, nullable=False),
        sa.Column("fresh", sa.Integer, nullable=False),
        sa.Column("unread", sa.Integer, nullable=False),
        sa.Column("is_web_only", sa.Boolean, nullable=False),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("due", _MOMENT),
        sa.Column("told", _MOMENT),
        sa.Column("expires", _MOMENT, nullable=False),
        sa.Column("changed", _MOMENT, nullable=False),
    )
    due = sa.text("due IS NOT NULL")
    op.create_index("notices_due", "notices", ["due"], postgresql_where=due)
    op.create_index("notices_subject", "notices", ["subject"], postgresql_where=due)
    op.create_index("notices_changed", "notices", ["changed"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "device_id",
            sa.BigInteger,
            sa.ForeignKey("devices.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("about_id", sa.BigInteger, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("push", JSONB, nullable=False),
        sa.Column("is_urgent", sa.Boolean, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due", _MOMENT, nullable=False),
        sa.Column("expires", _MOMENT, nullable=False),
    )
    op.create_index("deliveries_due", "deliveries", ["provider", "due"])
    op.create_index("deliveries_device", "deliveries", ["device_id"])
    op.create_index("deliveries_person", "deliveries", ["user_id", "subject"])


def _history() -> None:
    op.create_table(
        "history",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("about_id", sa.BigInteger, nullable=False),
        sa.Column("guild_id", sa.BigInteger),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("is_read", sa.Boolean, nullable=False),
        sa.UniqueConstraint("user_id", "subject", "about_id", name="history_once"),
    )
    op.create_index("history_person", "history", ["user_id", "id"])
    op.create_index("history_subject", "history", ["subject", "about_id"])
    op.create_index("history_created", "history", ["created"])


def downgrade() -> None:
    for table in ("history", "deliveries", "notices", "people"):
        op.drop_table(table)
    op.drop_column("devices", "auth")
    op.drop_column("devices", "p256dh")
