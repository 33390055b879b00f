"""What is true of notifications: who is told, when, and in which words. Pure."""
