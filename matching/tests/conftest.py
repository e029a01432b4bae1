"""Settings of the core's tests: the same examples on every machine, and nothing written into the checkout."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis")
settings.register_profile("matching", derandomize=True, database=None, deadline=None, max_examples=150)
settings.load_profile("matching")
