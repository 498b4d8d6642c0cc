"""Git's plumbing: objects, packs, refs, index."""
