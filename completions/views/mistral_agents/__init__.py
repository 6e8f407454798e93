"""The views of Mistral's agents and conversations, as they are stored."""
