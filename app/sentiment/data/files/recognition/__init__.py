"""What a file does not say of itself: its encoding, what stands between its fields, its header, and its columns.

What is certain is read so. What is a guess is said in a line, with the option that says otherwise. What can be read in
two ways is refused.
"""
