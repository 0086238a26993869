"""What a running task says, one JSON line at a time."""
