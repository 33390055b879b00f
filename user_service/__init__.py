"""Accounts of people and bots, their login sessions, and the applications that bots belong to.

Owns: users, credentials, public tokens, relationships, settings, notes, applications.
Does not own: membership of guilds, presence, messages; rate limits (the edge's).
Speaks: HTTP for people and bots, calls from the edge and from neighbours, events about accounts.

Beside the usual shelves: passwords.py (argon2 off the event loop), mails.py (the words of letters),
archive.py (a zip of all that is kept of somebody), tools.py (what
actions are given).
"""
