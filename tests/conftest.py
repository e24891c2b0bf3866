"""What holds for every test."""

import pytest
from hypothesis import HealthCheck, settings

# No test is timed: on a busy machine an example may take any time (`scripts/bench` measures speed, as ratios in one run).
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole stations first: each takes its process long, and one begun last would be waited for by all others."""
    items.sort(key=lambda item: len(item.path.parts))
