"""The pictures of the timeline card in docs/, of a real Home Assistant."""
