"""The figures of the report, drawn without Matplotlib's global state."""
