"""Whole models, each reading like its paper."""
