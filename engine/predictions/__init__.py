"""What finished experiments predicted: read, compared and blended, never computed again."""
