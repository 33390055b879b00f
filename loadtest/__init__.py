"""Load from outside, through the public ports: benches against references in the same run."""
