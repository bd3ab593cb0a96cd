"""Results of tools, kept while they are right."""

from .cache import CachingDispatcher, ToolResultCache

__all__ = ["CachingDispatcher", "ToolResultCache"]
