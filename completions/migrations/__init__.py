"""The tables as they came to be; the journal applies them by itself."""
