"""How a model knows where a token stands, one scheme a file."""
