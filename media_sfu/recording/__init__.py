"""Recordings: an adapter on the forwarder, which knows nothing of it.

A recorder (recorder.py) listens to a room and writes packets down as they come (writer.py, off the
loop). Afterwards a process of its own, of low priority and without any of our keys, makes a film
of them (film.py) and sends it by the house's own way for files (sending.py): `python -m
media_sfu.recording`. The shelf (shelf.py) is the folder in which all of it lies until it has
arrived, over any number of crashes; delivering.py brings it to chat_service.
"""
