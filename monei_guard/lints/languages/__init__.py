"""One file a language with a grammar."""
