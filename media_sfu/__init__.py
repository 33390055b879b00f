"""Packets of voice and video.

Owns: the UDP port that media arrives on, rooms and what is forwarded in them. Does not own: who may
be in which room and how a client asks for it (signaling_service).
Speaks: calls over TCP (contracts/rpc/media.py) and news back (media_news.py); over one UDP port
ICE, DTLS, SRTP and SCTP, and with bots sealed RTP (media_cords.py). Nothing is decoded. Films of
recordings it brings to chat_service.

Shelves of its own: port.py (the socket), batch.py (many packets in one system call), wire.py (one
connection), cords.py (one of a bot), compat.py (all that is private in aiortc), channels.py (data),
tracks.py, unfolding.py, forwarding.py and press.py (the way of a packet), kernel (the same press in
C), feedback.py (the way back), places.py (sections of listeners), legs.py (a room's ways to other
workers), rooms.py and worker.py (the memory), recording (an adapter that listens), relay.py (TURN
credentials), refusals.py.
"""
