"""Communities.

Owns: guilds, roles, members, channels of guilds and their overwrites, invites, emojis,
webhooks; who may do what
there. Does not own: messages and direct conversations (chat_service), accounts and applications
(user_service; a copy of public faces is kept beside the members), presence.
Speaks: HTTP behind the gateway; calls from neighbours; channel, guild, invite, member and role
events on the bus.

Beside the usual shelves: tools.py (what actions are given), pictures.py (of guilds).
"""
