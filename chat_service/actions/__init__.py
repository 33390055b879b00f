"""What can be done in a channel: authorise, change, emit."""
