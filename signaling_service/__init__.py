"""The door to voice.

Owns: who is in voice where (in Redis alone), on which node a channel is spoken, calls that ring,
voice tokens, and the connections over which clients agree on media. Does not own: packets
(media_sfu), channels and permissions (community_service), conversations and the messages that tell
of calls (chat_service), the socket on which a client asks to join (gateway).
Speaks: HTTP and calls; WebSockets of LiveKit's protocol and a plain one; asks media workers.

Shelves of its own: tools.py (what every action works with), facts.py (copies of what neighbours
know), answers.py (what other processes of this service answer), hall (rooms and connections of this
process), attending.py (how the two are kept alike).
"""
