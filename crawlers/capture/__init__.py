"""A browser session fixed as files: everything that passed, how it looked, and where it came from.

Nobody imports this package from outside: it runs as a process, see ``__main__``.
"""
