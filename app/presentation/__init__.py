"""Pure functions: record -> text, record -> points."""
