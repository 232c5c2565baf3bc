"""The national peer: a second installation of our own gateway, with its own keys, records and faults."""
