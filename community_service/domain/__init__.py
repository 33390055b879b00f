"""What is true of communities, one file per noun. Pure: no I/O, no clock, no dice."""
