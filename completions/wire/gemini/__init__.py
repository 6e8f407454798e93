"""Google's Gemini API, as the Gemini API and Vertex AI have it."""
