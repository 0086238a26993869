"""The commands: words in, questions to the service, answers as text or JSON."""
