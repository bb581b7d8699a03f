"""What `sentiment adapt` gives with few labels of other domains, beside shipped models as they are and linear ones."""
