"""What every service stands on: I/O machinery without a domain noun. Another product could use it
unchanged.
"""
