"""Searches: what is varied, how Keras Tuner tries it, what it taught."""
