"""Where an experiment errs, and how sure it is of it."""
