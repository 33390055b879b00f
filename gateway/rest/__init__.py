"""The REST side: a byte-passing proxy that knows who asks, how often, and where the answer lives.

In the order of a request: edge (the part), connection (one client's), heads and familiar (reading
heads), peers (whose address), routes (whose path), authenticate (whose token), ratelimit, exchange
(one request), client (whose it is), pools, lane and upstream (ways to services), refusals, tally
(metrics), asgi, api, pictures and faces (the few routes that the gateway answers itself), desk
(what all of it shares).
"""
