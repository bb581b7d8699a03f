"""From a text to token ids: cleaning, tokenizer, familiarity, padding, batches. No Keras, no pandas."""
