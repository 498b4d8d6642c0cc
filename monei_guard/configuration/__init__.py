"""Where the configuration is, and what it says."""
