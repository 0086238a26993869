"""Queue, processes and where everything lies on disk."""
