"""What a user has: versions, processor, the LSTM layer's paths, folders, and what is wrong with them.

Others import `examination`, which has it as values, and `terminal`, which has it as lines. Nothing is written or
measured unless that is wanted, and Keras is imported only where it is installed.
"""
