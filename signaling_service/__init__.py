"""The door to voice.

Owns: which voice regions there are. Does not own: packets (media_sfu), voice channels and who may
enter them (community_service), the socket on which a client asks to join (gateway).
Speaks: HTTP behind the gateway; calls over TCP, none of which is declared yet.
"""
