"""From a text to token ids: cleaning, pieces, spellings, tokenizer, familiarity, batches. No Keras, no pandas."""
