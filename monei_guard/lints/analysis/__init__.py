"""What code says: names, values, where they flow, what runs where."""
