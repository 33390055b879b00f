"""Word for people who are not here.

Owns: the devices that may be pushed to. Does not own: login sessions (user_service), who is here
(presence_service), messages (chat_service). Nothing is pushed yet.
Speaks: HTTP behind the gateway; hears LoginEnded on the bus.
"""
