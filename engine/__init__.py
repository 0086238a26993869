"""The engine: competitions, experiments, jobs and the models they train."""
