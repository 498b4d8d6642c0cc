"""Rules as data: reading the TOML files and proving their examples."""
