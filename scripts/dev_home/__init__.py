"""A real Home Assistant with a demo home, for trying Chatterbox."""
