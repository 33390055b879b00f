"""Messages.

Owns: messages and their order within a channel, nonces, reactions, pins, conversations between two
people or in a small group, who is mentioned where, read states.
Does not own: guild channels, members and permissions (community_service), people (user_service).
Speaks: HTTP behind the gateway; calls of the edge; what happens to messages, on the bus.
Also has: facts.py (copies of what community_service knows), people.py (faces, remembered),
files.py (where files lie, and their links), unfurl and films (processes that look at
strangers' pages and films),
webhooks.py (those that were posted through, remembered), offers.py (how commands look), kept.py
(the connection of the group commit), tools.py (units).
"""
