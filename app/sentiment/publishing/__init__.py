"""A run in other formats, made small, with a card: `export`, `shipping`, `cards`."""
