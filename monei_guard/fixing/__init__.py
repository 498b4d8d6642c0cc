"""Changes to a repository that mend findings, as values."""
