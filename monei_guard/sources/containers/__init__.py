"""Archives, images, mail and chat exports: what one file holds."""
