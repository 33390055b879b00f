"""What ours is measured against: the least that could do part of the same."""
