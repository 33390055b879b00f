"""What other programs say in words of their own, as messages of ours. Pure; whatever is malformed
is read as far as it can be, and never trusted: the result passes the same form as any other post.
"""
