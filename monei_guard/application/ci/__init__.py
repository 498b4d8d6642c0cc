"""What a run on a CI system looks at, and what it writes."""
