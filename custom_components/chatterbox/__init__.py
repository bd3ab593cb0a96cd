"""Chatterbox: a conversation agent for Home Assistant's Assist pipeline."""
