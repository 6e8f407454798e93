"""Headers of OpenAI's answers that are the same each time."""

STEADY_HEADERS = {
    "openai-version": "2020-10-01",
    "openai-organization": "mock-organization",
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-limit-tokens": "2000000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-remaining-tokens": "1999999",
    "x-ratelimit-reset-requests": "6ms",
    "x-ratelimit-reset-tokens": "0s",
}
"""Headers that OpenAI documents. Their values are constant, since nothing is limited."""
