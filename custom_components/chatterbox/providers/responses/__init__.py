"""OpenAI's Responses, the protocol of its newest models."""
