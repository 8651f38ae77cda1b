"""People: their own order of scenes, screening, conditions, attributes, and the decisions of waiting rooms."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _participants()
    _screenings()
    _assignments()
    _meetings()
    _hooks()


def _participants() -> None:
    # An empty sequence is that of the experiment as it is written: nothing was drawn before this version.
    op.add_column("participants", sa.Column("sequence", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("participants", sa.Column("code", sa.String(length=200), nullable=True))
    op.add_column("participants", sa.Column("redirect", sa.Text(), nullable=True))
    op.add_column("participants", sa.Column("farewell", sa.Text(), nullable=True))
    op.add_column("participants", sa.Column("attributes", sa.JSON(), nullable=False, server_default="{}"))
    # Codes were of a scene; they are of the outcome now.
    op.execute(
        "update participants set code = (select max(code) from visits where visits.participant_id = participants.id)"
        " where outcome = 'completed'"
    )
    op.drop_column("visits", "code")


def _screenings() -> None:
    op.create_table(
        "screenings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.String(length=64), nullable=False),
        sa.Column("measured", sa.JSON(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_screenings_participant_id"), "screenings", ["participant_id"], unique=False)


def _assignments() -> None:
    op.create_table(
        "assignments",
        sa.Column("factor", sa.String(length=128), nullable=False),
        sa.Column("unit", sa.String(length=128), nullable=False),
        sa.Column("condition", sa.String(length=128), nullable=False),
        sa.Column("assigned_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("factor", "unit"),
    )


def _meetings() -> None:
    op.create_table(
        "meetings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scene_id", sa.String(length=128), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=True),
        sa.Column("matcher", sa.String(length=128), nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("candidates", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("result", sa.String(length=64), nullable=True),
        sa.Column("rtts_ms", sa.JSON(), nullable=False),
        sa.Column("decided_at", sa.Float(), nullable=False),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_meetings_session_id"), "meetings", ["session_id"], unique=False)


def _hooks() -> None:
    op.create_table(
        "study_values",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "told",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("mark", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key"),
    )
