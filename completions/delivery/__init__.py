"""Step 5, WHEN it is sent: schedules, and the one place that sleeps. It knows no wire format."""
