"""GPT-Live, OpenAI's Live API: spoken conversations over a WebSocket at `/v1/live/sessions`."""
