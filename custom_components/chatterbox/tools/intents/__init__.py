"""Assist's intents as a model calls them: arguments with one meaning are understood."""
