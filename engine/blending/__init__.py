"""Several experiments' predictions made into one."""
