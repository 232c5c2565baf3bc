"""Stand-ins for outside services, all in one process: ``python -m simulators.standins``."""
