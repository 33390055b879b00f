"""What the services say to each other: ids, permissions, objects, events, calls, errors, topics.
Pure, no I/O.
"""
