"""How long the fuzz tests look: FUZZ_EXAMPLES=10000 for a long run."""

import os

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "150"))
"""How many cases each test makes."""

quiet = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
