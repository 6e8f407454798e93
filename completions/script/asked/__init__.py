"""What a recorded request asked, and whether another one asks the same."""
