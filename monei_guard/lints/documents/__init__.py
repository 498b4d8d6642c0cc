"""The kinds of document that lint rules are asked about."""
