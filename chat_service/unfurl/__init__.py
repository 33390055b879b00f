"""Looking at strangers' pages, in a process of its own: `python -m chat_service.unfurl`.

It has no credentials, no database and no settings but what it is told; it may not write files, and
has bounds on memory and time. What becomes of it is no concern of the messages.
"""
