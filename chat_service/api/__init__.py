"""What HTTP may ask of chat_service."""
