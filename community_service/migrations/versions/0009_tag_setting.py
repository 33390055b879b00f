"""Forums that say whether posts are looked for with all tags or with any."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("channels", sa.Column("default_tag_setting", sa.Text))


def downgrade() -> None:
    op.drop_column("channels", "default_tag_setting")
