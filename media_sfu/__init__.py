"""Packets of voice and video.

Owns: the UDP port that media arrives on. Does not own: who may be in which room and how a client
asks for it (signaling_service).
Speaks: calls over TCP, none of which is declared yet. Media itself is not forwarded yet: what
arrives on the port is counted and dropped.

Shelves of its own: port.py (the socket).
"""
