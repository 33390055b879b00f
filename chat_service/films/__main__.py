"""Looks at one film."""

from chat_service.films.worker import main

if __name__ == "__main__":
    main()
