"""The bundled sample of generated reviews: a grammar, and the generator that writes it."""
