"""A witness of transparency logs, with its own process, key and memory."""
