"""What signaling_service does: let people into voice and out of it, tell of it, and see to it that
nobody is shown who is not there.
"""
