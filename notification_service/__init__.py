"""Word for people who are not here: pushes to their devices, digests by e-mail, and a history.

Owns: devices that may be pushed to, what waits to be told to whom, how somebody wishes to be
pushed.
Does not own: login sessions and settings (user_service), who is here (presence_service), messages
and how far they were read (chat_service).
Speaks: HTTP behind the gateway, calls from user_service; hears the events of everybody it watches,
like a gateway. Nobody waits for it.

Beside the usual shelves: crowd.py (whom it watches, and where they are members), carriers/ (who
takes pushes: FCM, APNs, Web Push services), assets/ (the service worker for web clients), mails.py
(the words of digests), tools.py (what actions are given).
"""
