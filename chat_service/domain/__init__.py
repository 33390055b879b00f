"""What is true of messages. Pure."""
