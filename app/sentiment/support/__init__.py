"""Files that appear whole or not at all, folders, progress, threads, and the machine that a figure was measured on.

Everything may import it; it imports only the errors.
"""
