"""What one experiment is, before and after it ran."""
