"""The WebSocket side: sessions, and events on their way to them.

In the order of a connection: ws (a socket), frames (RFC 6455), session (the protocol as a state
machine), payloads (what clients send), lobby (lets sessions in), arrival, oneself, inquiry,
personal and ready (READY), resume, recall and records (RESUME on any process), joining (a guild
joined while live), outages (guilds that nobody could show), members (REQUEST GUILD MEMBERS),
listing, roster and windows (member lists), viewer (a live session), hub (events to sessions),
atlas, places and people (guilds and people heard), guild_view (a guild as sessions see it), agenda
(its scheduled events), layout, crowd and past (who sees which channels, now and a while ago),
threads (of a guild), syncing (who sees other threads than before), audience and hearing (who gets
an event), codec (an event framed once), replay (the ring), telling and missed (payloads for one),
outlet (writing), wheel (deadlines), warmth (what the first would wait for), presence_link and seats
(who is here, told to presence_service), greeting (presence told to who sees somebody newly), seams
(what this side needs of others).
"""
