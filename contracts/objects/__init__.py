"""Discord's shapes, one file per noun."""
