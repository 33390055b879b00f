"""What is true of voice: stays, rights, tokens. No I/O, no clock, no dice."""
