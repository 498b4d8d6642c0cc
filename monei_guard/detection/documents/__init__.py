"""What a structured document calls the place where a value stands."""
