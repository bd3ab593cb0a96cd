"""Home Assistant's selectors as JSON Schema, and arguments coerced to them."""
