"""What a call will touch, and on what terms it runs and is cached."""
