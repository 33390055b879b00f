"""Runs the house without Docker: the service table, embedded servers, the supervisor, the verbs.

Belongs here: how processes are started, wired, watched and stopped on one machine. Does not belong
here: anything a service does. No service imports this package.
"""
