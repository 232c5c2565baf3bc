"""Reading a page: the machinery every platform adapter shares. Pure functions, no network, no database."""
