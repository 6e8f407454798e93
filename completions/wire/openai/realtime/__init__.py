"""OpenAI's Realtime API: a conversation over a WebSocket, in texts and in sound."""
