"""A light process for tables: pandas and NumPy, never TensorFlow, kept out of the cockpit."""
