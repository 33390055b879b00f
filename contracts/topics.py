"""Names of every topic, Redis channel and Redis key. Nothing else formats one."""

from __future__ import annotations

from typing import NewType

Topic = NewType("Topic", str)

IDENTITY = Topic("identity")
"""Ends of login sessions and of accounts: every edge listens."""

FACES = Topic("faces")
"""Changed names and pictures of people and bots: services that keep copies listen."""

NEWS = Topic("news")
"""The few events of every guild that services act on by themselves, whether or not they know it."""


DEEDS = Topic("deeds")
"""What other services govern: community_service writes it into the audit log."""

WATCHED = Topic("watched")
"""Who is to be notified from now on: notification_service listens."""

VOICE = Topic("voice")
"""Whose place in voice changed: signaling processes listen, each for those it serves."""

FRIENDSHIPS = Topic("friendships")
"""Who became friends and who parted: presence_service listens."""


def guild(guild_id: int) -> Topic:
    """All events of one guild; who may see which is decided at the edge."""
    return Topic(f"guild:{guild_id:d}")


def facts(guild_id: int) -> Topic:
    """The few events of a guild after which copies of its facts are wrong: for services, which
    would otherwise have to hear every message.
    """
    return Topic(f"facts:{guild_id:d}")


def user(user_id: int) -> Topic:
    """Events for one person only; those of their private conversations among them."""
    return Topic(f"user:{user_id:d}")


def pubsub(topic: Topic) -> str:
    """The pub/sub channel of a topic."""
    return f"moim:{{{topic}}}"


def head_key(topic: Topic) -> str:
    """Hash: last number, last stamp, floor of the log. The braces keep a topic's keys in one
    cluster slot.
    """
    return f"moim:{{{topic}}}:head"


def log_key(topic: Topic) -> str:
    """The replay stream."""
    return f"moim:{{{topic}}}:log"


STAMP_KEY = "moim:stamp"
"""The newest stamp of all topics, where one server has them all."""

EPOCH_KEY = "moim:epoch"


def stamp_key(topic: Topic) -> str:
    """The newest stamp of one topic, on a cluster: a script's keys must lie in one slot there."""
    return f"moim:{{{topic}}}:stamp"


def epoch_key(anchor: str) -> str:
    """The epoch of whichever server of a cluster has this slot."""
    return f"moim:{{{anchor}}}:epoch"


def canary(instance: str, tag: str = "") -> str:
    """A process's own channel, on which it proves that its subscription is alive; on a cluster
    with a tag whose slot lies on the server in question.
    """
    return f"moim:{{{tag}}}:canary:{instance}" if tag else f"moim:canary:{instance}"


def session_key(session_id: str) -> str:
    """What another gateway needs to take a session over."""
    return f"moim:session:{session_id}"


def presence_key(user_id: int) -> str:
    """The leases of one person's sessions."""
    return f"moim:presence:{user_id:d}"


def presence_instance_key(instance: str) -> str:
    """The sessions that one gateway reports."""
    return f"moim:presence-of:{instance}"


def limit_key(bucket: str, caller: str, major: str) -> str:
    """A rate limit's bucket of one caller, whose buckets share a slot of a cluster."""
    return f"moim:limit:{{{caller}}}:{bucket}:{major}"


def number_key(number: int) -> str:
    """Who holds a generator number that Redis leases."""
    return f"moim:number:{number:d}"


PRESENCE_DUE_KEY = "moim:presence-due"
"""Whom an announcement is owed, by the moment it is due."""


def voice_place_key(place_id: int) -> str:
    """Who is in voice in a guild or a conversation: a stay by user."""
    return f"moim:voice:in:{place_id:d}"


def voice_person_key(user_id: int) -> str:
    """The places where somebody is in voice."""
    return f"moim:voice:of:{user_id:d}"


def voice_turn_key(user_id: int) -> str:
    """Whose turn it is to change where somebody is."""
    return f"moim:voice:turn:{user_id:d}"


def voice_room_key(channel_id: int) -> str:
    """The node on which a channel is spoken."""
    return f"moim:voice:room:{channel_id:d}"


def voice_node_key(node: str) -> str:
    """A signaling node that lives."""
    return f"moim:voice:node:{node}"


def voice_node_stays_key(node: str) -> str:
    """Who is in voice on a node."""
    return f"moim:voice:on:{node}"


def call_key(channel_id: int) -> str:
    """A call in a conversation."""
    return f"moim:voice:call:{channel_id:d}"


def voice_stages_key(guild_id: int) -> str:
    """Stages that are open in a guild, by channel."""
    return f"moim:voice:stages:{guild_id:d}"


def voice_statuses_key(guild_id: int) -> str:
    """What is said of voice channels while somebody is there, by channel."""
    return f"moim:voice:statuses:{guild_id:d}"


VOICE_STAGES_KEY = "moim:voice:stages"
"""Every stage that is open, as guild:channel."""

VOICE_NODES_KEY = "moim:voice:nodes"
"""Every node that was not cleared away."""

VOICE_DUE_KEY = "moim:voice:due"
"""Stays whose connection is awaited, by the moment at which they lapse."""
