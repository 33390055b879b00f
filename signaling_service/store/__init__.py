"""Every Redis command of this service. Nothing else is kept: whatever Redis loses, the nodes that
hold the connections write anew.
"""
