"""What to do next, and why."""
