"""The door for clients of the STOMP kind: the same sessions, events and requests by other frames.

frames (bytes to frames and back), destinations (what a name means) and session (what is said when)
are pure; sink turns dispatches into MESSAGE frames, socket moves bytes.
"""
