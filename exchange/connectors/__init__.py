"""The four linked systems; they do not know one another."""
