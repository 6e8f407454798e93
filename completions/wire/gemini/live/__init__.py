"""Google's Live API: a conversation with Gemini over a WebSocket, in texts, pictures and sound."""
