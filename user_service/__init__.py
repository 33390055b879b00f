"""Accounts of people and bots, their login sessions, and the applications that bots belong to.

Owns: users, credentials, public tokens, applications.
Does not own: membership of guilds, presence, friendships, messages; rate limits (the edge's).
Speaks: HTTP for people and bots, calls from the edge and from neighbours, events about accounts.

Beside the usual shelves: passwords.py (argon2 off the event loop), mails.py (the words of letters),
post.py (hands letters over), tools.py (what actions are
given).
"""
