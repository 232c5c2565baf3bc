"""Recovering deleted and damaged data from lawfully seized media. Reached only from pipeline jobs."""
