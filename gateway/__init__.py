"""The edge: everything that comes from outside comes through here.

Owns: no rows, and nothing that another gateway could not rebuild.
Does not own: any rule of who may do what; it asks the facts of their owners and applies the one
permission function to events, nothing else.
Speaks: REST and WebSocket outside; HTTP with a signed identity, calls and events inside.

Also has: rest (the REST side), live (the WebSocket side) and stomp (the other WebSocket side); each
says in its __init__ what stands where. doors puts them together at one port; together asks one
question for many.
"""
