"""Head structures, one a file: how queries, keys and values are made and shared."""
