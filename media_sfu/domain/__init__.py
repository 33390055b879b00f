"""What is true of packets and descriptions: bytes in, bytes and decisions out. Neither socket nor
clock.
"""
