"""State that any number of workers on any number of machines share, in Redis: imported only where STATE_URL says so."""
