"""Between resolve and deliver, where another server answers: a request is passed on as it came, and its answer back."""
