"""Wiring, no behaviour: settings, logging, URLs, the ASGI application and its handler."""
