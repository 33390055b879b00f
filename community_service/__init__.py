"""Communities.

Owns: guilds, roles, members, bans, channels of guilds and their overwrites, invites, emojis,
scheduled events, webhooks, the audit log; who may do what there. Does not own: messages and direct
conversations (chat_service), accounts and applications (user_service; a copy of public faces is
kept beside the members), presence.
Speaks: HTTP behind the gateway; calls from neighbours; events about all of these on the bus.

Beside the usual shelves: tools.py (what actions are given), pictures.py (of guilds), sightings.py
(who came and went, until it is written down), agenda.py (the views of scheduled events).
"""
