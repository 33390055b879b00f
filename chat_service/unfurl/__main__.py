"""Starts the worker that looks at pages."""

from chat_service.unfurl.worker import main

if __name__ == "__main__":
    main()
