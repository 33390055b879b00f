"""Every number the product promises, one name each."""

MESSAGE_CONTENT = 2_000
NONCE = 25
USERNAME_MIN = 2
USERNAME_MAX = 32
GLOBAL_NAME_MAX = 32
PASSWORD_MIN = 8
PASSWORD_MAX = 72
EMAIL_MAX = 254
BIO_MAX = 190
PRONOUNS_MAX = 40
CUSTOM_STATUS_MAX = 128
NOTE_MAX = 256
NOTES_PER_USER = 5_000
FRIENDS_MAX = 1_000
REQUESTS_MAX = 1_000
"""Friend requests that wait, in each direction."""
BLOCKS_MAX = 5_000
SETTINGS_BYTES = 64 << 10
"""Of one person's settings as JSON."""
CHANNEL_OVERRIDES_MAX = 500
"""Of the notification settings of one community."""
GUILD_SETTINGS_BYTES = 512 << 10
"""Of one person's notification settings of all communities."""
GUILD_NAME_MIN = 2
GUILD_NAME_MAX = 100
CHANNEL_NAME_MAX = 100
CHANNEL_TOPIC_MAX = 1_024
FORUM_TOPIC_MAX = 4_096
APPLICATION_NAME_MAX = 32
GUILDS_PER_USER = 200
CHANNELS_PER_GUILD = 500
EMOJI_NAME_MIN = 2
EMOJI_NAME_MAX = 32
EMOJIS_PER_GUILD = 50
"""Still ones; as many again may move."""
CHANNELS_PER_CATEGORY = 50
OVERWRITES_PER_CHANNEL = 500
OVERWRITES_PER_GUILD = 10_000
VOICE_USER_LIMIT = 99
VOICE_STATUS_MAX = 500
STAGE_TOPIC_MAX = 120
FORUM_TAGS = 20
FORUM_TAG_NAME_MAX = 50
ROLES_PER_GUILD = 250
ROLE_NAME_MAX = 100
WEBHOOK_NAME_MAX = 80
WEBHOOKS_PER_CHANNEL = 15
APPLICATIONS_PER_USER = 25
EMBEDS = 10
EMBED_CHARACTERS = 6_000
"""Over all embeds of a message."""
COMPONENTS = 40
COMMANDS = 100
"""Of one application, everywhere or in one guild, that are typed."""
COMMANDS_ON_MENU = 15
"""The same for each kind that is chosen from a menu."""
COMMAND_NAME_MAX = 32
COMMAND_DESCRIPTION_MAX = 100
COMMAND_OPTIONS = 25
COMMAND_CHOICES = 25
COMMAND_CHARACTERS = 8_000
"""Over all names, descriptions and choices of one command."""
COMMAND_PERMISSIONS = 100
COMMANDS_LISTED = 2_000
COMMAND_GUILDS_TOLD = 1_000
"""So many guilds are told when an application offers something else everywhere."""
BOTS_LISTED = 200
INTERACTION_ANSWER_S = 3.0
INTERACTION_LIFE_S = 900.0
MENTIONS = 100
ATTACHMENTS = 10
ATTACHMENT_NAME = 180
"""Characters of a file's name; the rest of a longer one is left out before its ending."""
ATTACHMENT_DESCRIPTION = 1_024
DURATION_S = 100 * 3_600
"""Of a sound or a film, as somebody may say."""
WAVEFORM = 400
"""Characters of a voice message's waveform in base64."""
REFRESHED_AT_ONCE = 50
FILES_WAITING = 50
"""Of one person, sent ahead or yet to be: each may be as large as a file can be."""
UPLOAD_FIELDS = 32
"""Parts of a multipart body that are no files."""
THREAD_NAME_MAX = 100
THREADS_ACTIVE = 1_000
"""Of one guild."""
THREAD_MEMBERS = 1_000
THREAD_TAGS = 5
THREADS_PAGE = 50
THREADS_PAGE_MAX = 100
THREAD_MEMBERS_PAGE_MAX = 100
THREADS_FOUND_MAX = 25
THREAD_MEMBERSHIPS_LISTED = 5_000
ACTIVE_THREADS_OF_GUILDS = 20
ARRIVALS_ASKED = 32
"""People who arrive and are asked about together."""
"""Guilds whose active threads are asked for at once."""
PINNED_POSTS = 1
"""Of one forum."""
REACTION_KINDS = 20
REACTIONS_PAGE_MAX = 100
POLL_QUESTION = 300
POLL_ANSWER = 55
POLL_ANSWERS = 10
POLL_HOURS = 768
POLL_HOURS_DEFAULT = 24
QUIZ_EXPLANATION = 1_000
VOTERS_PAGE_MAX = 100
SCORES_MAX = 100
CHECK_IN_MINUTES = 10_080
CHECK_IN_MINUTES_DEFAULT = 60
CHECK_INS = 10_000
"""At one message."""
ABSENT_AMONG = 1_000
"""Who is absent is told where a community has fewer members than this."""
RECORDINGS_PAGE_MAX = 100
STREAM_KEYS = 20
"""Of one person."""
RECORDED_MESSAGES = 5_000
"""Beside the film of a recording."""
VISITS_NOTED = 500
"""Told of at once."""
VISITS_REPORTED = 5_000
ATTENDANCE_DAYS = 400
"""Of one report."""
PINS = 250
PINS_PAGE_MAX = 50
BULK_DELETE_MIN = 2
BULK_DELETE_MAX = 100
BULK_DELETE_DAYS = 14
GROUP_RECIPIENTS = 10
CONVERSATIONS_LISTED = 500
READ_STATES_LISTED = 5_000
MENTIONS_COUNTED = 100
"""Above this many, a badge says only that there are many."""
SAVED_MESSAGES = 1_000
SAVED_PAGE_MAX = 50
MENTIONS_PAGE_MAX = 100
SEARCH_CONTENT = 1_024
SEARCH_VALUES = 100
SEARCH_PAGE = 25
SEARCH_OFFSET = 9_975
HISTORY_PAGE_MAX = 100
HISTORY_PAGE = 50
NICK_MAX = 32
BIO_MAX = 190
TIMEOUT_DAYS = 28
MEMBERS_PAGE_MAX = 1_000
BANS_AT_ONCE = 200
BANS_OF_STRANGERS = 10_000
"""People who were never in, or are gone: each is a row that nobody else pays for."""
BAN_DELETE_S = 604_800
INVITES_PER_GUILD = 1_000
AUDIT_LOG_DAYS = 45
AUTOMOD_RULES = {1: 6, 3: 1, 4: 1, 5: 1, 6: 1}
"""Of each kind, in a guild."""
AUTOMOD_NAME = 100
AUTOMOD_KEYWORDS = 1_000
AUTOMOD_KEYWORD = 60
AUTOMOD_PATTERNS = 10
AUTOMOD_PATTERN = 260
AUTOMOD_ALLOWED = 100
AUTOMOD_MENTIONS = 50
AUTOMOD_MESSAGE = 300
AUTOMOD_ROLES = 20
AUTOMOD_CHANNELS = 50
AUTOMOD_RULE_BYTES = 40 << 10
"""Of one rule as JSON: it travels as an event."""
EVENTS_PLANNED = 100
"""Of one guild, that are not over."""
EVENT_NAME = 100
EVENT_DESCRIPTION = 1_000
EVENT_LOCATION = 100
EVENT_YEARS = 5
"""So far ahead one can plan."""
EVENT_HOURS = 6
"""An event of which nobody said when it ends."""
EVENT_KEPT_DAYS = 30
"""After it was over."""
EVENT_INTERVAL = 10
"""Every so many days, weeks, months or years."""
INTERESTED_PAGE_MAX = 100
REASON = 512
"""Characters of the reason for what somebody governs."""
INVITE_AGE_MAX = 604_800
INVITE_USES_MAX = 100
LARGE_GUILD = 250
"""Above this many members, GUILD_CREATE names only those who are here."""
PRESENCES_AT_ONCE = 2_000
"""So many people are asked about at most, to count who is here in several guilds."""

# The gateway.
GATEWAY_PAYLOAD_BYTES = 4_096
GATEWAY_PAYLOADS_PER_MINUTE = 120
GATEWAY_PINGS_PER_MINUTE = 240
"""WebSocket's own; libraries send some three."""
IDENTIFY_WITHIN_S = 15.0
HEARTBEAT_INTERVAL_MS = 41_250
RESUMABLE_FOR_S = 300
SESSION_QUEUE_EVENTS = 256
SESSION_QUEUE_BYTES = 1 << 20
WRITE_DEADLINE_S = 30.0

# The event path.
REPLAY_FOR_S = 300
REPLAY_ENTRIES = 2_048
RECORD_BYTES = 64 << 10
"""A bus record above this is a bug in the event's design: publish a reference instead."""

# HTTP.
BODY_BYTES = 1 << 20
FILE_BYTES = 25 << 20
"""Of one attached file, unless the installation says otherwise."""
UPLOAD_BYTES = 100 << 20
"""Of all files of one request, likewise."""
UPLOAD_BODY_BYTES = 1 << 30
"""The most that an installation can allow for one request with files."""
PICTURE_BYTES = 8 << 20
EMOJI_BYTES = 256 << 10
STICKER_BYTES = 512 << 10
PICTURE_BODY_BYTES = 24 << 20
"""A body with two pictures in base64 (avatar and banner), and what is said beside them."""
RPC_LINE_BYTES = 32 << 20
"""A guild with everything the limits above allow still fits into one answer."""
