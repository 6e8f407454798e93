"""The addresses of what the APIs keep, by API. Resources of agents have their own routes, beside their views."""
