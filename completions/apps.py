"""The app."""

from django.apps import AppConfig
from django.core.checks import register


class CompletionsConfig(AppConfig):
    """The mock of the LLM API."""

    name = "completions"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Mock of the LLM API"

    def ready(self) -> None:
        """Tell what scripts may name, and register the checks, which read them."""
        from completions.management.checks import TAG, check_settings, check_urls
        from completions.wire.registry import register_names

        register_names()
        register(check_settings, TAG)
        register(check_urls, TAG)
