"""Step 5, WHEN it is sent: schedules, and the only code that sleeps. It depends on no wire format."""
