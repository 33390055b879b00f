"""A crowd of members under locust: `./moim load`. What runs inside locust (locustfile.py, wire.py)
lives in gevent's world, not in asyncio's.
"""
