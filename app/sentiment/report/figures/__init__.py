"""The figures of the report, drawn on white and without Matplotlib's global state."""
