"""Repository and .env hygiene (MG2xx): one file a check."""
