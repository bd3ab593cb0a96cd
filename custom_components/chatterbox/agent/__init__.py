"""One turn: what is asked, in which words, and how long it took."""
