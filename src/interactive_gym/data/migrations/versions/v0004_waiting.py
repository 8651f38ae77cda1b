"""Since when somebody waits in a scene, so that a restart of the server does not begin it anew."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("visits", sa.Column("waits_since", sa.Float(), nullable=True))
    op.add_column("visits", sa.Column("stepped_out_at", sa.Float(), nullable=True))
