"""The steps of a verification, by what they look at."""
