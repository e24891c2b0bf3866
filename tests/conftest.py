"""What holds for every test."""

from hypothesis import HealthCheck, settings

# No test is timed: on a busy machine an example may take any time (`scripts/bench` measures speed, as ratios in one run).
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
