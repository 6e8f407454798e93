"""The addresses of what the APIs keep, a module for each API; the packages of agents' views have their own."""
