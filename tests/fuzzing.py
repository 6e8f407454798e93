"""How long the fuzz tests look: FUZZ_EXAMPLES=10000 for a long run."""

import os

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "15"))
"""How many cases each test makes that does not say so itself."""

quiet = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
