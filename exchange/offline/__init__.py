"""Sealed one-way packages for networks that no wire may join: packed, released by two officers, carried, opened."""
