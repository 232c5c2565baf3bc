"""Acquiring seized media: read once, hashed, never written."""
