"""Who is here.

Owns: the leases of all sessions (in Redis, nothing else is kept), how many sessions fold into the
one presence that others see, and when that is announced. Does not own: sessions and their sockets
(gateway), who is a member where (community_service), custom statuses that outlive a session
(user_service), voice states (signaling_service).
Speaks: casts and calls of `contracts.rpc.presence`; PresenceUpdate on the bus.

Shelves of its own: audience.py (to whom a person is to be announced), announcing.py (how an
announcement is made once and in order).
"""
