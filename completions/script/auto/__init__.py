"""`auto`, for step 3: a valid answer to any prompt, made of what the prompt asks for."""
