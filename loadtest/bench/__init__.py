"""Benches. Each runs ours and a reference on the same machine in the same run and ends with one
JSON line.
"""
