"""The tables of a study. Times are Unix seconds; ids are ours unless a column says otherwise.

A change here needs a migration in ``migrations/versions``; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA_VERSION = 6  # of the files that we write; a change of columns or their meaning raises it

metadata = MetaData()

participants = Table(
    "participants",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("subject_id", String(200), unique=True),  # theirs, from the link: private
    Column("query", JSON, nullable=False),  # of the link: platform ids, private
    Column("state", String(32), nullable=False),  # of server.lifecycle
    Column("scene_id", String(128), nullable=False),  # where they are
    Column("outcome", String(32)),
    Column("transport", String(32)),  # of the latest connection: "websocket" or "polling"
    Column("arrived_at", Float, nullable=False),
    Column("done_at", Float),
    Column("sequence", JSON, nullable=False),  # ids of their scenes, in their own order; drawn once
    Column("code", String(200)),  # that their outcome gives, if it gives one
    Column("redirect", Text),  # where their outcome sends them; private: it may name them
    Column("farewell", Text),  # HTML that their last page says in place of the text of their outcome
    Column("attributes", JSON, nullable=False),  # name -> number, text, boolean or null
)

visits = Table(
    "visits",
    metadata,
    Column("participant_id", ForeignKey("participants.id"), primary_key=True),
    Column("scene_id", String(128), primary_key=True),
    Column("position", Integer, nullable=False),  # in the participant's own sequence, from 0
    Column("entered_at", Float, nullable=False),
    Column("left_at", Float),
    Column("session_id", ForeignKey("sessions.id")),  # of a game scene
    Column("waits_since", Float),  # when they enlisted for its game of several people
    Column("stepped_out_at", Float),  # when the connection of somebody who waited was gone; NULL: it is there
)

screenings = Table(  # what was found of a participant on arrival, and what was decided; one row per time that it was
    "screenings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("participant_id", ForeignKey("participants.id"), nullable=False, index=True),
    Column("measured", JSON, nullable=False),  # protocol.Measured, and "pings_ms"
    Column("accepted", Boolean, nullable=False),
    Column("reason", String(64), nullable=False),  # "accepted", or the rule that excluded them
    Column("detail", Text, nullable=False),  # what the rule saw, or why it could not be applied
    Column("decided_at", Float, nullable=False),
)

assignments = Table(  # of conditions, to a participant or to a group
    "assignments",
    metadata,
    Column("factor", String(128), primary_key=True),  # id of the Conditions
    Column("unit", String(128), primary_key=True),  # id of the participant or of the session
    Column("condition", String(128), nullable=False),
    Column("assigned_at", Float, nullable=False),
)

meetings = Table(  # every decision of a waiting room about a group, also of those that came to nothing
    "meetings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scene_id", String(128), nullable=False),
    Column("session_id", ForeignKey("sessions.id"), index=True),  # NULL: no game came of the decision
    Column("matcher", String(128), nullable=False),
    Column("members", JSON, nullable=False),  # participant ids
    Column("candidates", JSON, nullable=False),  # of whom they were chosen: id, waited_s, rtt_ms, partners, attributes
    Column("reason", String(200), nullable=False),  # why these
    Column("result", String(64)),  # "playing", or why no game came of it; NULL while they connect
    Column("rtts_ms", JSON, nullable=False),  # between members, as measured: "participant>participant" -> ms
    Column("decided_at", Float, nullable=False),
    Column("ended_at", Float),
)

study_values = Table(  # what hooks know of the study as a whole
    "study_values",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("value", JSON, nullable=False),
    Column("changed_at", Float, nullable=False),
)

told = Table(  # what hooks have been told; see data.occasions
    "told",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("key", String(200), primary_key=True),  # of what was told; "" for the kind as a whole
    Column("mark", Float, nullable=False),  # when; or the last of them, where they are numbered
)

responses = Table(
    "responses",
    metadata,
    Column("participant_id", ForeignKey("participants.id"), primary_key=True),
    Column("scene_id", String(128), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("value", JSON, nullable=False),  # a text, or a list of texts
    Column("answered_at", Float, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("scene_id", String(128), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column(
        "game", JSON, nullable=False
    ),  # protocol_game.Game as it was when the session began; a restart does not change it
    Column("created_at", Float, nullable=False),
    Column("ended_at", Float),
    Column("end_reason", String(64)),
    Column("state", String(16), nullable=False),  # of one player "playing", then "ended"; of several see data.matches
    Column(
        "links", JSON(none_as_null=True)
    ),  # data.link_reports, made with the files; NULL: there are none, or they are out of date
)

members = Table(
    "members",
    metadata,
    Column("session_id", ForeignKey("sessions.id"), primary_key=True),
    Column("player", String(128), primary_key=True),  # the agent whom they play
    Column("participant_id", ForeignKey("participants.id"), nullable=False, index=True),
    Column("peer", Integer, nullable=False),  # whom the others know them as; 0 where there are no others
)

episodes = Table(
    "episodes",
    metadata,
    Column("session_id", ForeignKey("sessions.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("frames", Integer, nullable=False),  # steps; row -1 is not one
    Column("end_reason", String(32), nullable=False),
    Column("ended_at", Float, nullable=False),
    Column("written_at", Float),  # when its files were written; NULL: they are missing or out of date
    Column("summary", JSON),  # player -> data.latency, made with the files
)

generations = Table(
    "generations",
    metadata,
    Column("session_id", ForeignKey("sessions.id"), primary_key=True),
    Column("player", String(128), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("episode", Integer, nullable=False),  # where this life of the worker began:
    Column("first_frame", Integer, nullable=False),  # from here on earlier ones are superseded; -1 with the reset
    Column("tab", String(128), nullable=False),  # "": no worker has it, see restarts
    Column("started_at", Float, nullable=False),
)

chunks = Table(
    "chunks",
    metadata,
    Column("id", Integer, primary_key=True),  # in order of arrival: of two with the same key, the first one counts
    Column("session_id", ForeignKey("sessions.id"), nullable=False),
    Column("episode", Integer, nullable=False),
    Column("player", String(128), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("digest", String(32), nullable=False),
    Column("first", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("ending", String(32)),  # why its last row ends the episode, where it does
    Column("data", LargeBinary, nullable=False),
    Column("received_at", Float, nullable=False),
    UniqueConstraint("session_id", "episode", "player", "generation", "number", "digest", name="chunk_key"),
)

ends = Table(  # what each player said of an episode's end
    "ends",
    metadata,
    Column("session_id", ForeignKey("sessions.id"), primary_key=True),
    Column("episode", Integer, primary_key=True),
    Column("player", String(128), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("frames", Integer, nullable=False),
    Column("end_reason", String(32), nullable=False),
    Column("statistics", JSON(none_as_null=True)),  # protocol.PlayStatistics
    Column("received_at", Float, nullable=False),
)

parity = Table(  # of the episodes of several players
    "parity",
    metadata,
    Column("session_id", ForeignKey("sessions.id"), primary_key=True),
    Column("episode", Integer, primary_key=True),
    Column("status", String(16), nullable=False),  # of data.parity
    Column("is_due", Boolean, nullable=False),  # something has come since it was judged
    Column("frame", Integer),  # the first one that differs,
    Column("field", Text),  # and the column in which it does
    Column("players", JSON, nullable=False),  # player -> frames that are here in a row
    Column("changed_at", Float, nullable=False),
)

served = Table(  # which Python pages were given, see data.archives; one row per start of a server that gave another one
    "served",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("since", Float, nullable=False),
    Column("runtime", String(64), nullable=False),
)

verifications = Table(  # of complete episodes that were played again from what is stored; see data.verification
    "verifications",
    metadata,
    Column("session_id", ForeignKey("sessions.id"), primary_key=True),
    Column("episode", Integer, primary_key=True),
    Column("status", String(16), nullable=False),  # "verified", "differs", "failed" or "unknown"
    Column("frame", Integer),  # the first one that differs,
    Column("field", Text),  # the column in which it does,
    Column("expected", Text),  # what is recorded there,
    Column("found", Text),  # and what came of playing it again; or why it could not be played
    Column("frames", Integer, nullable=False),  # that were compared
    Column("fingerprint", String(64), nullable=False),  # of what was played again: with another one it is due again
    Column("runtime", String(64)),  # with which; NULL: there is none
    Column("package", String(64), nullable=False),  # the version of this package that compared
    Column("verified_at", Float, nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("session_id", ForeignKey("sessions.id"), primary_key=True),
    Column("player", String(128), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),  # protocol.Links as JSON
    Column("received_at", Float, nullable=False),
)

restarts = Table(  # of games whose workers were all gone: from where they are played on; see data.restarts
    "restarts",
    metadata,
    Column("session_id", ForeignKey("sessions.id"), primary_key=True),
    Column("number", Integer, primary_key=True),  # from 1
    Column("epoch", Integer, nullable=False),  # of the netcode, not wrapped around
    Column("episode", Integer, nullable=False),
    Column("frame", Integer, nullable=False),  # the last one that is played again, -1 is the reset
    Column("pieces", JSON, nullable=False),  # ids of the chunks that hold these frames, in order
    Column("generations", JSON, nullable=False),  # player -> the first generation that plays on
    Column("gone", JSON, nullable=False),  # peers that do not come back
    Column("named_at", Float, nullable=False),
)

grants = Table(  # of the referee, netcode.referee.Grant; what it has granted holds after a restart too
    "grants",
    metadata,
    Column("id", Integer, primary_key=True),  # in order
    Column("session_id", ForeignKey("sessions.id"), nullable=False, index=True),
    Column("epoch", Integer, nullable=False),
    Column("peer", Integer, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("is_gone", Boolean, nullable=False),
    Column("by", Integer, nullable=False),
    Column("reason", String(200), nullable=False),
    Column("granted_at", Float, nullable=False),
)

experience = Table(
    "experience",
    metadata,
    Column("session_id", ForeignKey("sessions.id"), primary_key=True),
    Column("episode", Integer, primary_key=True),
    Column("player", String(128), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),  # protocol.Experience as JSON
    Column("received_at", Float, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("participant_id", ForeignKey("participants.id")),
    Column("session_id", ForeignKey("sessions.id")),
    Column("client_id", String(128)),  # given by the page, so that a repeated upload is not a second event
    Column("name", String(128), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("at", Float, nullable=False),
    Column("client_at", Float),  # the browser's clock
    Column("data", JSON, nullable=False),
    Column("detail", Text),  # a traceback
    UniqueConstraint("participant_id", "client_id", name="event_key"),
    Index("events_by_session", "session_id"),
)
