"""Supervision: what breaks the rules, and (later) what is done about it."""
