"""Which server answers a prompt, whatever the format of the request."""

from completions.conversation import Prompt


def is_ollama(prompt: Prompt) -> bool:
    """Tell whether Ollama's server answers, in its own formats or in OpenAI's."""
    return prompt.format in ("ollama", "ollama_generate") or prompt.address.get("dialect") == "ollama"
