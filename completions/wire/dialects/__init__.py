"""The dialects of other vendors in OpenAI's formats, a file each."""
