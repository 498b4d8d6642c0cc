"""What git's hooks call, and how they are put in place."""
