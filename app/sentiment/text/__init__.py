"""From a text to token ids: cleaning, tokenizer, familiarity, padding, batches.

No Keras, but for the batches that training reads.
"""
