"""Files written whole or not at all, and the folders a user has."""
