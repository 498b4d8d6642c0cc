"""Pure data that every stage shares; imports the standard library only."""
