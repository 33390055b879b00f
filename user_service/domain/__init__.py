"""What is true of accounts, whoever asks. Pure."""
