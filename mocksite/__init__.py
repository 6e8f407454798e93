"""Wiring: the environment, settings, logging, URLs, the ASGI application and the command."""
