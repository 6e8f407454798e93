"""Between resolve and deliver, where another server answers: the request is relayed unchanged, and so is its answer."""
