"""Errors as values of the public contract: Discord's JSON codes and the domain errors that carry
them.

DomainError
├── Unauthorized      401   no or a dead token
├── Forbidden         403   known who, not allowed
├── NotFound          404   absent, or hidden from the asker
├── Invalid           400   a form with field errors (code 50035)
├── Conflict          400   a rule of the domain refuses
├── TooMany           429   a limit; carries retry_after
└── Unavailable       503   a neighbour can not answer now
"""

from __future__ import annotations

from enum import Enum
from typing import ClassVar


class ErrorCode(Enum):
    """Code, HTTP status and message, as clients know them."""

    GENERAL = (0, 400, "Bad Request")
    NOT_FOUND = (0, 404, "404: Not Found")
    METHOD_NOT_ALLOWED = (0, 405, "405: Method Not Allowed")
    UNAUTHORIZED = (0, 401, "401: Unauthorized")
    INTERNAL = (0, 500, "500: Internal Server Error")
    UNAVAILABLE = (0, 503, "Service temporarily unavailable")
    RATE_LIMITED = (0, 429, "You are being rate limited.")
    UNKNOWN_APPLICATION = (10002, 404, "Unknown Application")
    UNKNOWN_CHANNEL = (10003, 404, "Unknown Channel")
    UNKNOWN_GUILD = (10004, 404, "Unknown Guild")
    UNKNOWN_INVITE = (10006, 404, "Unknown Invite")
    UNKNOWN_MEMBER = (10007, 404, "Unknown Member")
    UNKNOWN_MESSAGE = (10008, 404, "Unknown Message")
    UNKNOWN_OVERWRITE = (10009, 404, "Unknown Permission Overwrite")
    UNKNOWN_ROLE = (10011, 404, "Unknown Role")
    UNKNOWN_USER = (10013, 404, "Unknown User")
    UNKNOWN_VOICE_STATE = (10065, 404, "Unknown Voice State")
    UNKNOWN_STAGE = (10067, 404, "Unknown Stage Instance")
    UNKNOWN_LISTING = (10069, 404, "Unknown guild discovery metadata")
    UNKNOWN_EMOJI = (10014, 404, "Unknown Emoji")
    UNKNOWN_BAN = (10026, 404, "Unknown Ban")
    UNKNOWN_WEBHOOK = (10015, 404, "Unknown Webhook")
    UNKNOWN_INTERACTION = (10062, 404, "Unknown interaction")
    UNKNOWN_COMMAND = (10063, 404, "Unknown application command")
    UNKNOWN_COMMAND_PERMISSIONS = (10066, 404, "Unknown application command permissions")
    UNKNOWN_SCHEDULED_EVENT = (10070, 404, "Unknown Guild Scheduled Event")
    BOTS_NOT_ALLOWED = (20001, 403, "Bots cannot use this endpoint")
    ONLY_BOTS = (20002, 403, "Only bots can use this endpoint")
    NOT_YOUR_APPLICATION = (
        20012,
        403,
        "You are not authorized to perform this action on this application",
    )
    SLOWMODE = (20016, 429, "This action cannot be performed due to slowmode rate limit")
    MAX_GUILDS = (30001, 400, "Maximum number of guilds reached")
    MAX_FRIENDS = (30002, 400, "Maximum number of friends reached")
    MAX_PINS = (30003, 400, "Maximum number of pinned messages reached")
    MAX_RECIPIENTS = (30004, 400, "Maximum number of recipients reached")
    MAX_ROLES = (30005, 400, "Maximum number of guild roles reached (250)")
    MAX_WEBHOOKS = (30007, 400, "Maximum number of webhooks reached")
    MAX_REACTIONS = (30010, 400, "Maximum number of reactions reached")
    MAX_EMOJIS = (30008, 400, "Maximum number of emojis reached")
    MAX_CHANNELS = (30013, 400, "Maximum number of guild channels reached")
    MAX_ATTACHMENTS = (30015, 400, "Maximum number of attachments in a message reached (10)")
    MAX_INVITES = (30016, 400, "Maximum number of invites reached")
    MAX_ANIMATED_EMOJIS = (30018, 400, "Maximum number of animated emojis reached")
    MAX_THREAD_MEMBERS = (
        30033,
        400,
        "Maximum number of thread participants has been reached (1000)",
    )
    MAX_COMMANDS = (30032, 400, "Maximum number of application commands reached (100)")
    MAX_BANS = (30035, 400, "Maximum number of bans for non-guild members have been exceeded")
    MAX_SCHEDULED_EVENTS = (
        30038,
        400,
        "Maximum number of uncompleted guild scheduled events reached (100)",
    )
    MAX_PINNED_POSTS = (
        30047,
        400,
        "Maximum number of pinned threads in a forum channel has been reached",
    )
    MAX_APPLICATIONS = (30054, 400, "Maximum number of applications reached")
    MAX_OVERWRITES = (30060, 400, "Maximum number of channel permission overwrites reached (500)")
    TOKEN_DEAD = (40001, 401, "Unauthorized. Provide a valid token and try again")
    UNVERIFIED = (40002, 403, "You need to verify your account in order to perform this action.")
    BODY_TOO_LARGE = (40005, 413, "Request entity too large")
    BANNED = (40007, 403, "The user is banned from this guild")
    OWNS_GUILDS = (
        40011,
        400,
        "You must transfer ownership of any owned guilds before deleting your account",
    )
    TARGET_NOT_IN_VOICE = (40032, 400, "Target user is not connected to voice.")
    NO_TAG_FOR_ALL = (
        40066,
        400,
        "There are no tags available that can be set by non-moderators",
    )
    TAG_REQUIRED = (40067, 400, "A tag is required to create a forum post in this channel")
    COMMAND_EXISTS = (40041, 400, "An application command with that name already exists")
    ALREADY_ACKNOWLEDGED = (40060, 400, "Interaction has already been acknowledged.")
    MISSING_ACCESS = (50001, 403, "Missing Access")
    NOT_IN_DM = (50003, 403, "Cannot execute action on a DM channel")
    NOT_THE_AUTHOR = (50005, 403, "Cannot edit a message authored by another user")
    EMPTY_MESSAGE = (50006, 400, "Cannot send an empty message")
    CANNOT_WRITE_TO_USER = (50007, 403, "Cannot send messages to this user")
    ROOM_FULL = (30031, 400, "The room is full")
    NOT_IN_VOICE = (50008, 400, "Cannot send messages in a non-text channel")
    MISSING_PERMISSIONS = (50013, 403, "Missing Permissions")
    INVALID_TOKEN = (50014, 401, "Invalid authentication token provided")
    WRONG_BULK = (
        50016,
        400,
        "Provided too few or too many messages to delete. Must provide at least 2 and at most 100.",
    )
    SYSTEM_MESSAGE = (50021, 403, "Cannot execute action on a system message")
    NOT_THIS_CHANNEL_TYPE = (50024, 403, "Cannot execute action on this channel type")
    INVALID_WEBHOOK_TOKEN = (50027, 401, "Invalid Webhook Token")
    INVALID_ROLE = (50028, 400, "Invalid Role")
    INVALID_RECIPIENTS = (50033, 400, "Invalid Recipient(s)")
    TOO_OLD = (50034, 400, "You can only bulk delete messages that are under 14 days old")
    INVALID_FORM = (50035, 400, "Invalid Form Body")
    THREAD_ARCHIVED = (50083, 400, "Thread is archived")
    INVALID_STICKER = (50081, 400, "Invalid sticker sent")
    VOICE_WITH_MORE = (50159, 400, "Voice messages do not support additional content.")
    VOICE_NOT_ONE = (50160, 400, "Voice messages must have a single audio attachment.")
    VOICE_UNMEASURED = (50161, 400, "Voice messages must have supporting metadata.")
    VOICE_AS_IT_IS = (50162, 400, "Voice messages cannot be edited.")
    MISSING_FORM = (50109, 400, "The request body contains invalid JSON.")
    MFA_ON = (60001, 400, "This account is already enrolled in two-factor authentication")
    MFA_OFF = (60002, 400, "This account is not enrolled in two-factor authentication")
    MFA_NEEDED = (60003, 403, "Two factor is required for this operation")
    MFA_SECRET = (60005, 400, "Invalid two-factor secret")
    MFA_TICKET = (60006, 400, "Invalid two-factor auth ticket")
    MFA_CODE = (60008, 400, "Invalid two-factor code")
    STAGE_OPEN = (150006, 400, "The Stage is already open")
    REPLY_WITHOUT_HISTORY = (160002, 400, "Cannot reply without permission to read message history")
    HAS_THREAD = (160004, 400, "A thread has already been created for this message")
    THREAD_LOCKED = (160005, 400, "Thread is locked")
    MAX_THREADS = (160006, 400, "Maximum number of active threads reached")
    EVENT_IS_OVER = (180000, 400, "Cannot update a finished event")
    BLOCKED_MESSAGE = (200000, 400, "Message was blocked by automatic moderation")
    BLOCKED_TITLE = (200001, 400, "Title was blocked by automatic moderation")
    WEBHOOK_NEEDS_THREAD = (
        220001,
        400,
        "Webhooks posted to forum channels must have a thread_name or thread_id",
    )
    WEBHOOK_BEGINS_NO_THREAD = (
        220003,
        400,
        "Webhooks can only create threads in forum channels",
    )
    BULK_BAN_FAILED = (500000, 400, "Failed to ban users")
    POLL_VOTING_BLOCKED = (520000, 403, "Poll voting blocked")
    POLL_EXPIRED = (520001, 400, "Poll expired")
    POLL_AS_IT_IS = (520003, 400, "Cannot edit a poll message")
    POLL_EMOJI = (520004, 400, "Cannot use an emoji included with the poll")
    POLL_NOT_ONE = (520006, 400, "Cannot expire a non-poll message")
    QUIZ_RUNNING = (520100, 403, "Nobody learns before a quiz ends what others have chosen")
    CHECK_IN_OVER = (520101, 400, "Nobody checks in here any more")
    CHECK_IN_FULL = (520102, 400, "Too many have checked in here")
    RECORDING_RUNS = (520110, 400, "This channel is being recorded already")
    RECORDING_ENCRYPTED = (520111, 400, "What is encrypted end to end can not be recorded")
    NOBODY_SPEAKS = (520112, 400, "Nobody is connected to this channel")
    UNKNOWN_RECORDING = (520113, 404, "Unknown Recording")
    REQUESTS_DISABLED = (80000, 403, "Incoming friend requests disabled")
    REQUEST_BLOCKED = (80001, 403, "Friend request blocked")
    BOTS_HAVE_NO_FRIENDS = (80002, 403, "Bots cannot have friends")
    REQUEST_TO_SELF = (80003, 400, "Cannot send friend request to self")
    NO_SUCH_NAME = (80004, 400, "No users with that name exist")
    ALREADY_FRIENDS = (80007, 400, "You are already friends with that user")

    def __init__(self, code: int, status: int, message: str) -> None:
        self.code = code
        self.status = status
        self.message = message


class DomainError(Exception):
    """A refusal that the asker may know about."""

    default: ClassVar[ErrorCode] = ErrorCode.GENERAL

    def __init__(self, code: ErrorCode | None = None, message: str | None = None) -> None:
        self.error = code or self.default
        self.message = message or self.error.message
        super().__init__(f"{self.error.name}: {self.message}")

    @property
    def status(self) -> int:
        """The HTTP status that says the same."""
        return self.error.status

    def body(self) -> dict[str, object]:
        """The JSON body that clients parse."""
        return {"message": self.message, "code": self.error.code}


class Unauthorized(DomainError):
    """Nobody, or somebody whose token is dead."""

    default = ErrorCode.UNAUTHORIZED


class Forbidden(DomainError):
    """Known, and not allowed."""

    default = ErrorCode.MISSING_PERMISSIONS


class NotFound(DomainError):
    """Absent, or hidden from the asker: the same answer for both."""

    default = ErrorCode.NOT_FOUND


class Conflict(DomainError):
    """A rule of the domain refuses."""


class Invalid(DomainError):
    """A form with errors, each at the path of its field."""

    default = ErrorCode.INVALID_FORM

    def __init__(self, fields: dict[str, tuple[str, str]]) -> None:
        super().__init__()
        self.fields = fields
        """Path with dots -> (code, message)."""

    def body(self) -> dict[str, object]:
        """Discord's nested form errors: errors.<path>._errors[]."""
        root: dict[str, object] = {}
        for path, (code, message) in self.fields.items():
            node = root
            for step in path.split("."):
                child = node.setdefault(step, {})
                assert isinstance(child, dict)
                node = child
            node["_errors"] = [{"code": code, "message": message}]
        return {**super().body(), "errors": root}


class TooMany(DomainError):
    """A limit was reached; `retry_after` seconds until it opens."""

    default = ErrorCode.RATE_LIMITED

    def __init__(self, retry_after: float, *, is_global: bool = False) -> None:
        super().__init__()
        self.retry_after = retry_after
        self.is_global = is_global

    def body(self) -> dict[str, object]:
        """Discord's 429 body."""
        return {"message": self.message, "retry_after": self.retry_after, "global": self.is_global}


class Slowed(TooMany):
    """The channel's slowmode, which clients tell from a rate limit by its code."""

    default = ErrorCode.SLOWMODE

    def body(self) -> dict[str, object]:
        """Discord's body: code and seconds to wait."""
        return {**DomainError.body(self), "retry_after": self.retry_after}


class Unavailable(DomainError):
    """A neighbour can not answer now. Not the same as an empty answer."""

    default = ErrorCode.UNAVAILABLE


class Unanswered(Unavailable):
    """A neighbour of an older release does not know the question: there is nothing yet to know."""
