"""Servers that speak as OpenAI's chat completions do."""
