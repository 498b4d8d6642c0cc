"""What 'init' plans and does."""
