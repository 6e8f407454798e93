"""Step 3: `dataset:`, answers from the lines of a file, which stays on the disk."""
