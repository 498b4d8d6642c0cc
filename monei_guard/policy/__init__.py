"""Which findings count: selection, suppression, baseline."""
