"""What the CI platforms say about a run: pure functions from their variables and payloads to an event."""
