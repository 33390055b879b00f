"""Proofs, letters, second factors, throttles, exports; how accounts end."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of_user(**more: Any) -> sa.Column[Any]:
    return sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id"), **more)


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False)


def upgrade() -> None:
    """Add them."""
    op.add_column("users", _moment("disabled", nullable=True))
    op.add_column("users", _moment("deleted", nullable=True))
    op.add_column("credentials", sa.Column("totp_secret", sa.LargeBinary))
    op.add_column("credentials", sa.Column("totp_step", sa.BigInteger))
    op.create_index(
        "logins_ended", "logins", ["ended"], postgresql_where=sa.text("ended IS NOT NULL")
    )
    op.create_table(
        "backup_codes",
        _of_user(primary_key=True, autoincrement=False),
        sa.Column("code_hash", sa.LargeBinary, primary_key=True),
    )
    op.create_table(
        "proofs",
        _id(),
        _of_user(nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        _moment("expires"),
    )
    op.create_index("proofs_of", "proofs", ["user_id", "purpose"])
    op.create_index("ix_proofs_expires", "proofs", ["expires"])
    op.create_table(
        "registration_codes",
        _id(),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("uses_left", sa.Integer, nullable=False),
        _moment("expires"),
    )
    op.create_table(
        "letters",
        _id(),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("login", sa.Text),
        sa.Column("user_id", sa.BigInteger),
        sa.Column("address", sa.Text),
        sa.Column("about", sa.Text),
        sa.Column("tries", sa.Integer, nullable=False),
        _moment("due"),
        _moment("expires"),
    )
    op.create_index("ix_letters_due", "letters", ["due"])
    op.create_table(
        "throttles",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        _moment("empty_at"),
    )
    op.create_index("ix_throttles_empty_at", "throttles", ["empty_at"])
    op.create_table(
        "places",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        _of_user(nullable=False),
        _moment("seen"),
    )
    op.create_index("ix_places_user_id", "places", ["user_id"])
    op.create_index("ix_places_seen", "places", ["seen"])
    _ends()


def _ends() -> None:
    op.create_table("departed", _of_user(primary_key=True, autoincrement=False), _moment("due"))
    op.create_table(
        "harvests",
        _id(),
        _of_user(nullable=False),
        _moment("created"),
        _moment("due"),
        _moment("completed", nullable=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("archive", sa.LargeBinary),
    )
    op.create_index("ix_harvests_user_id", "harvests", ["user_id"])


def downgrade() -> None:
    """Remove them."""
    for table in (
        "harvests",
        "departed",
        "places",
        "throttles",
        "letters",
        "registration_codes",
        "proofs",
        "backup_codes",
    ):
        op.drop_table(table)
    op.drop_index("logins_ended", "logins")
    op.drop_column("credentials", "totp_step")
    op.drop_column("credentials", "totp_secret")
    op.drop_column("users", "deleted")
    op.drop_column("users", "disabled")
