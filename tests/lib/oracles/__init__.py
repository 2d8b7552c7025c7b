"""Each attention type against code nobody here wrote."""
