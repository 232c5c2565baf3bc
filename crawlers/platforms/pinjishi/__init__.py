"""拼集市 (Pinjishi): shops on the sample market's platform, in six themes."""
