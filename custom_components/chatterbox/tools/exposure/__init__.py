"""What may be reached: what the user exposed to the assistant."""
