"""Games of several players: who is whom, what the referee granted, and how their records compare."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _sessions()
    _ends()
    _parity()
    _links()
    _grants()
    # The files have more columns now, and summaries are by player: all are written again.
    op.execute("update episodes set written_at = null, summary = null")


def _sessions() -> None:
    op.add_column("sessions", sa.Column("state", sa.String(length=16), nullable=False, server_default="playing"))
    op.execute("update sessions set state = 'ended' where ended_at is not null")
    op.add_column("sessions", sa.Column("links", sa.JSON(), nullable=True))
    op.add_column("members", sa.Column("peer", sa.Integer(), nullable=False, server_default="0"))


def _ends() -> None:
    op.create_table(
        "ends",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("player", sa.String(length=128), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("end_reason", sa.String(length=32), nullable=False),
        sa.Column("statistics", sa.JSON(), nullable=True),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"]),
        sa.PrimaryKeyConstraint("session_id", "episode", "player", "generation"),
    )


def _parity() -> None:
    op.create_table(
        "parity",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("is_due", sa.Boolean(), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=True),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("players", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"]),
        sa.PrimaryKeyConstraint("session_id", "episode"),
    )


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("player", sa.String(length=128), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"]),
        sa.PrimaryKeyConstraint("session_id", "player", "generation", "number"),
    )


def _grants() -> None:
    op.create_table(
        "grants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("peer", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("granted_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_grants_session_id"), "grants", ["session_id"], unique=False)
