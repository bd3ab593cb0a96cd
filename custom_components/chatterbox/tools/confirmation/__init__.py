"""What is dangerous runs only after a person has affirmed it."""
