"""Any shop that has no adapter of its own."""
