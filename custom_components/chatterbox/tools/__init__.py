"""What the agent can do: tools, and the way their calls run."""
