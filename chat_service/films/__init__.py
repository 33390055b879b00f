"""Looking at strangers' films, in a process of its own: `python -m chat_service.films`.

A decoder that strangers feed is the first thing to break, so it has nothing: one film on stdin, no
credentials, no settings, no files, and bounds on memory and time. It lives for one film.
"""
