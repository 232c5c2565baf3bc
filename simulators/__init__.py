"""Stand-ins for the outside world, for ``make run``, tests and benchmarks; never part of the product."""
