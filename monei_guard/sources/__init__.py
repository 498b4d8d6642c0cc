"""Where content comes from: each module yields blobs and skipped entries."""
