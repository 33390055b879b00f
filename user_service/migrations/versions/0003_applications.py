"""How applications look and are let in."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("applications", sa.Column("icon", sa.Text))
    op.add_column(
        "applications", sa.Column("is_public", sa.Boolean, nullable=False, server_default="true")
    )
    op.add_column(
        "applications", sa.Column("tags", sa.ARRAY(sa.Text), nullable=False, server_default="{}")
    )
    op.add_column("applications", sa.Column("install_url", sa.Text))
    op.add_column(
        "applications",
        sa.Column("install_scopes", sa.ARRAY(sa.Text), nullable=False, server_default="{}"),
    )
    op.add_column(
        "applications",
        sa.Column("install_permissions", sa.BigInteger, nullable=False, server_default="0"),
    )


def downgrade() -> None:
    for name in (
        "install_permissions",
        "install_scopes",
        "install_url",
        "tags",
        "is_public",
        "icon",
    ):
        op.drop_column("applications", name)
