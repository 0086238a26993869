"""The notebook: experiments.json, locked and atomic."""
