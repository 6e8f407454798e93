"""The app."""

from django.apps import AppConfig


class CompletionsConfig(AppConfig):
    """The mock of the LLM API."""

    name = "completions"
    verbose_name = "Mock of the LLM API"

    def ready(self) -> None:
        """Register the checks."""
        from completions import checks  # noqa: F401  # registers itself
