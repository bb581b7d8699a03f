"""Files that appear whole or not at all, folders, progress, threads, and what a figure was measured with.

Everything may import it; it imports only the errors.
"""
