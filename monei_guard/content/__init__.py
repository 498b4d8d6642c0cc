"""From bytes to views that rules can match on."""
