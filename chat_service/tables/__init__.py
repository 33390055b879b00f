"""Tables of the schema `chat`. Every key begins with the channel, so that a distributed engine can
hold them.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.outbox import outbox_table
from chat_service.tables import base
from chat_service.tables.applications import (
    command_permissions,
    commands,
    interactions,
    whispers,
)
from chat_service.tables.base import key
from chat_service.tables.links import previews, unseen_links
from chat_service.tables.search import hidden_mentions, saved
from chat_service.tables.threads import thread_members, threads
from chat_service.tables.voice import recordings, visits

metadata = base.metadata


heads = Table(
    "heads",
    metadata,
    Column("channel_id", BigInteger, primary_key=True, autoincrement=False),
    Column("last_message_id", BigInteger, nullable=False),
)
"""One row a channel: it hands out message ids, so they rise in commit order."""

messages = Table(
    "messages",
    metadata,
    Column("channel_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("author_id", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    Column("type", SmallInteger, nullable=False),
    Column("flags", Integer, nullable=False),
    Column("mention_everyone", Boolean, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("edited", DateTime(timezone=True)),
    Column("pinned", DateTime(timezone=True)),
    Column("has_reactions", Boolean, nullable=False),
    Column("extras", JSONB),
    Index("messages_pinned", "channel_id", "pinned", postgresql_where=text("pinned IS NOT NULL")),
)
"""`extras` is null for what is nothing but text: mentions under rules, embeds, references …"""

nonces = Table(
    "nonces",
    metadata,
    Column("channel_id", BigInteger, primary_key=True, autoincrement=False),
    Column("author_id", BigInteger, primary_key=True, autoincrement=False),
    Column("nonce", Text, primary_key=True),
    Column("message_id", BigInteger, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False, index=True),
)

reaction_kinds = Table(
    "reaction_kinds",
    metadata,
    key("channel_id"),
    key("message_id"),
    Column("emoji", Text, primary_key=True),
    Column("emoji_id", BigInteger),
    Column("name", Text, nullable=False),
    Column("animated", Boolean, nullable=False),
    Column("total", Integer, nullable=False),
    Column("began", DateTime(timezone=True), nullable=False),
)
"""One row an emoji under a message, with its count: showing costs nothing that grows with it."""

reactions = Table(
    "reactions",
    metadata,
    key("channel_id"),
    key("message_id"),
    Column("emoji", Text, primary_key=True),
    key("user_id"),
    Index("reactions_of_user", "user_id"),
)

polls = Table(
    "polls",
    metadata,
    key("channel_id"),
    key("message_id"),
    Column("closes", DateTime(timezone=True), nullable=False, index=True),
)
"""Those that still take votes. What is asked is kept with the message."""

poll_counts = Table(
    "poll_counts",
    metadata,
    key("channel_id"),
    key("message_id"),
    Column("answer_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("total", Integer, nullable=False),
)

poll_votes = Table(
    "poll_votes",
    metadata,
    key("channel_id"),
    key("message_id"),
    Column("answer_id", SmallInteger, primary_key=True, autoincrement=False),
    key("user_id"),
    Index("poll_votes_of_user", "user_id"),
)

quiz_scores = Table(
    "quiz_scores",
    metadata,
    key("channel_id"),
    key("user_id"),
    Column("right", Integer, nullable=False),
    Column("answered", Integer, nullable=False),
    Index("quiz_scores_of_user", "user_id"),
)
"""How somebody has done in a channel's quizzes; under no id, how many there were."""

rolls = Table(
    "rolls",
    metadata,
    key("channel_id"),
    key("message_id"),
    Column("total", Integer, nullable=False),
)

check_ins = Table(
    "check_ins",
    metadata,
    key("channel_id"),
    key("message_id"),
    key("user_id"),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("check_ins_of_user", "user_id"),
)

mentions = Table(
    "mentions",
    metadata,
    key("target_id"),
    key("channel_id"),
    key("message_id"),
    Column("author_id", BigInteger, nullable=False),
    Index("mentions_of_message", "channel_id", "message_id"),
    Index("mentions_newest", "target_id", "message_id"),
)
"""Who is mentioned where: a person, a role, or (@everyone) a guild."""

mentioned = Table(
    "mentioned",
    metadata,
    key("target_id"),
    key("channel_id"),
    Column("last_message_id", BigInteger, nullable=False),
)
"""The newest mention in each channel: what is all read is passed over without a look."""

read_states = Table(
    "read_states",
    metadata,
    key("user_id"),
    key("channel_id"),
    Column("last_message_id", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("pins_seen", DateTime(timezone=True)),
)

conversations = Table(
    "conversations",
    metadata,
    key("id"),
    Column("type", SmallInteger, nullable=False),
    Column("owner_id", BigInteger),
    Column("name", Text),
    Column("icon", Text),
    Column("low_id", BigInteger),
    Column("high_id", BigInteger),
    UniqueConstraint("low_id", "high_id", name="conversations_one_of_two"),
)
"""Between two people, who are told by their ids, or a group, which has an owner."""

recipients = Table(
    "recipients",
    metadata,
    key("channel_id"),
    key("user_id"),
    Column("is_open", Boolean, nullable=False),
    Column("is_request", Boolean, nullable=False),
    Column("ordinal", BigInteger, Identity(always=True), nullable=False),
    Index("recipients_of_user", "user_id"),
)
"""`ordinal` rises with each who comes: the next owner is who has been there longest."""

slowed = Table(
    "slowed",
    metadata,
    key("channel_id"),
    key("user_id"),
    Column("until", DateTime(timezone=True), nullable=False, index=True),
)

removals = Table(
    "removals",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("channel_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("author_id", BigInteger),
    Column("from_id", BigInteger, nullable=False),
    Column("below_id", BigInteger, nullable=False),
)
"""What is still to be deleted, batch by batch. A guild is named where people may still look."""

farewells = Table(
    "farewells",
    metadata,
    key("user_id"),
    Column("with_messages", Boolean, nullable=False),
    Column("due", DateTime(timezone=True), nullable=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
)
"""People who are gone, and up to which message of all it was looked for theirs."""

files = Table(
    "files",
    metadata,
    key("channel_id"),
    key("id"),
    Column("author_id", BigInteger, nullable=False),
    Column("filename", Text, nullable=False),
    Column("facts", JSONB),
    Column("announced", BigInteger),
    Column("due", DateTime(timezone=True)),
    Column("holder_channel_id", BigInteger),
    Column("holder_id", BigInteger),
    Index("files_of_author", "author_id"),
    Index("files_due", "due", postgresql_where=text("due IS NOT NULL")),
    Index(
        "files_held",
        "holder_channel_id",
        "holder_id",
        postgresql_where=text("holder_id IS NOT NULL"),
    ),
)
"""A row a file, from before its first byte until after its last is gone. What no message holds is
due one day; what a message holds goes with it. `channel_id` is where it was sent to, and part of
its path; a thread's first message holds files that were sent to the channel above it.
"""

heard = Table(
    "heard",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("epoch", Text, nullable=False),
    Column("stamp", BigInteger, nullable=False),
)

outbox = outbox_table(metadata)

HANGING = (
    *(reactions, reaction_kinds, polls, poll_counts, poll_votes),
    *(rolls, check_ins, mentions, hidden_mentions, saved, unseen_links),
)
"""What hangs on a message, and goes with it."""

__all__ = [
    "HANGING",
    "check_ins",
    "command_permissions",
    "commands",
    "conversations",
    "farewells",
    "files",
    "heads",
    "heard",
    "hidden_mentions",
    "interactions",
    "mentioned",
    "mentions",
    "messages",
    "metadata",
    "nonces",
    "outbox",
    "poll_counts",
    "poll_votes",
    "polls",
    "previews",
    "quiz_scores",
    "reaction_kinds",
    "reactions",
    "read_states",
    "recipients",
    "recordings",
    "removals",
    "rolls",
    "saved",
    "slowed",
    "thread_members",
    "threads",
    "unseen_links",
    "visits",
    "whispers",
]
