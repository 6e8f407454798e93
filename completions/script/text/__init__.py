"""Step 3, a script as text: YAML or JSON, whose values know their lines."""
