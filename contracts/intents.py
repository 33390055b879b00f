"""Gateway intents: which events a session asks for, and which of them are privileged."""

from enum import IntFlag


class Intent(IntFlag):
    """Bits as Discord places them."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_MODERATION = 1 << 2
    GUILD_EXPRESSIONS = 1 << 3
    GUILD_INTEGRATIONS = 1 << 4
    GUILD_WEBHOOKS = 1 << 5
    GUILD_INVITES = 1 << 6
    GUILD_VOICE_STATES = 1 << 7
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15
    GUILD_SCHEDULED_EVENTS = 1 << 16
    AUTO_MODERATION_CONFIGURATION = 1 << 20
    AUTO_MODERATION_EXECUTION = 1 << 21
    GUILD_MESSAGE_POLLS = 1 << 24
    DIRECT_MESSAGE_POLLS = 1 << 25


ALL = Intent((1 << 26) - 1)
"""What a person's client gets: it never restricts itself."""

ALLOWED_BY = {
    Intent.GUILD_PRESENCES: 1 << 12 | 1 << 13,
    Intent.GUILD_MEMBERS: 1 << 14 | 1 << 15,
    Intent.MESSAGE_CONTENT: 1 << 18 | 1 << 19,
}
"""The flags of an application, either of which lets its bot have a privileged intent."""

PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT


def disallowed(intents: int, flags: int) -> int:
    """The privileged intents among these that an application with these flags may not have."""
    refused = (int(intent) for intent, by in ALLOWED_BY.items() if not flags & by)
    return intents & sum(refused)
