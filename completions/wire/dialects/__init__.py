"""OpenAI's formats as other vendors speak them, a file each."""
