"""Messages.

Owns: messages and their order within a channel, nonces, (later) reactions, pins, direct channels,
read states.
Does not own: guild channels, members and permissions (community_service), people (user_service).
Speaks: HTTP behind the gateway; MessageCreate on the bus.
Also has: facts.py (copies of what community_service knows), people.py (faces, remembered).
"""
