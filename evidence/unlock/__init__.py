"""Recovering passwords of lawfully seized files, under two-officer authorisation. Reached only from pipeline jobs."""
