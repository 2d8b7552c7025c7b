"""Attention as looking things up: pointing, copying, latent queries, slots, stored patterns."""
