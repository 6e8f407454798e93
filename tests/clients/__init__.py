"""The clients that people use, each driven by a small program: what they make of a fault; `sightings` says what."""
