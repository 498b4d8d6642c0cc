"""Code practice: rules that read code as code (MG3xx, MG4xx)."""
