"""A timestamp authority for tests and demonstrations. Its trust is TEST trust and says so in its names."""
