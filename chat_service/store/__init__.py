"""Every SQL statement of chat_service."""
