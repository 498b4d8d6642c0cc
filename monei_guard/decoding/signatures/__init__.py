"""How each encoding shows before it is decoded."""
