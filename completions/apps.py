"""The app."""

from django.apps import AppConfig


class CompletionsConfig(AppConfig):
    """The mock of the LLM API."""

    name = "completions"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Mock of the LLM API"

    def ready(self) -> None:
        """Register the wire formats, whose names scripts may say, and the checks."""
        from completions.wire import registry  # noqa: F401, I001  # registers them; checks read scripts
        from completions.management import checks  # noqa: F401  # registers itself
