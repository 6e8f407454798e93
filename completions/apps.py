"""The app."""

from importlib import import_module

from django.apps import AppConfig


class CompletionsConfig(AppConfig):
    """The mock of the LLM API."""

    name = "completions"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Mock of the LLM API"

    def ready(self) -> None:
        """Register the wire formats, whose names scripts may say, and the checks."""
        import_module("completions.wire.registry")
        import_module("completions.management.checks")  # which read scripts
