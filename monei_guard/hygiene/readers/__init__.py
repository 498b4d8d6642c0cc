"""What the files say that the checks ask about."""
