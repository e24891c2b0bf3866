"""The timer, and which nightly runs are still to be done.

Promises: a late job runs late instead of never, many missed times of one job run once, a job never overlaps
itself, times of day are read in the zone given and not in the server's. APScheduler's own default drops a
job that is 1 s late (apscheduler#182, #296), so the grace is unlimited here. Refuses to persist jobs: two
processes on one job store both fire (apscheduler#129). What was done is remembered by the caller;
``due_nights`` is asked every few minutes what is not done yet, and so catches up after a power cut, a week
off or a jump of the clock.
"""

import datetime as dt
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from types import TracebackType
from typing import Any, Self, TypeAlias

from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

Job: TypeAlias = Callable[[], object]
_Trigger: TypeAlias = Any  # APScheduler 3.x ships no types
_A_LONG_DAY = dt.timedelta(hours=25)  # the day a clock goes back for winter


def due_nights(
    now: dt.datetime,
    at: dt.time,
    done: Callable[[dt.date], bool] | AbstractSet[dt.date],
    since: dt.date,
    zone: dt.tzinfo,
) -> list[dt.date]:
    """Which local days still lack their nightly run.

    The nightly run of day D closes D, so it is due from the next day (D+1) at ``at``, whatever hour that is,
    and stays due until it is done. Pure.

    Args:
        now: The present instant, with a zone (any).
        at: Local time of day of the run.
        done: The days already run, or a function that tells.
        since: The first day that counts: the station's first, or the first not known to be done.
        zone: The zone in which days begin and ``at`` is read.

    Returns:
        The days, oldest first.

    Raises:
        ValueError: ``now`` has no zone. It would be read in the server's, seven hours wrong on a UTC server.
    """
    if now.tzinfo is None:
        raise ValueError("due_nights: now needs a time zone")
    is_done = done if callable(done) else done.__contains__
    days = (since + dt.timedelta(days=n) for n in range((now.astimezone(zone).date() - since).days))
    return [day for day in days if _due_from(day, at, zone) <= now and not is_done(day)]


def _due_from(day: dt.date, at: dt.time, zone: dt.tzinfo) -> dt.datetime:
    # In UTC: two times of one zone are compared by the wall clock, which repeats an hour in autumn.
    return dt.datetime.combine(day + dt.timedelta(days=1), at, tzinfo=zone).astimezone(dt.UTC)


class Timetable:
    """Runs jobs on threads of its own, at intervals or at a time of day. Nothing runs before ``start``.

    A job that raises is logged by APScheduler with its traceback and runs again at its next time.
    """

    def __init__(self, zone: dt.tzinfo) -> None:
        self._zone = zone
        self._triggers: dict[str, tuple[dt.timedelta, Callable[[], _Trigger]]] = {}
        self._scheduler = BackgroundScheduler(
            timezone=zone,
            jobstores={"default": MemoryJobStore()},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def every(self, seconds: float, job: Job, name: str) -> None:
        """Run a job at once after ``start`` and then every so many seconds."""
        span = dt.timedelta(seconds=seconds)
        self._triggers[name] = span, lambda: IntervalTrigger(seconds=seconds, timezone=self._zone)
        self._add(job, name, next_run_time=self._now())

    def daily(self, at: str, job: Job, name: str) -> None:
        """Run a job every day at a local time; for what must not be missed, ask ``due_nights`` in ``every``.

        Args:
            at: ``HH:MM`` in the timetable's zone.
            job: What to run.
            name: Unique name, for the log.

        Raises:
            ValueError: ``at`` is not a time of day.
        """
        time = dt.time.fromisoformat(at)
        self._triggers[name] = (
            _A_LONG_DAY,
            lambda: CronTrigger(hour=time.hour, minute=time.minute, timezone=self._zone),
        )
        self._add(job, name)

    def refresh(self) -> None:
        """Call now and then: when the clock was set back, put the jobs back on the present time.

        APScheduler would sleep until the clock has caught up again (apscheduler#339).
        """
        for job in self._scheduler.get_jobs():
            longest, trigger = self._triggers[job.id]
            waits_for = getattr(job, "next_run_time", None)  # unset before start
            if waits_for is not None and waits_for - self._now() > longest:
                job.reschedule(trigger())

    def start(self) -> None:
        """Start the timer's thread."""
        self._scheduler.start()

    def stop(self, wait: bool = True) -> None:
        """Stop; harmless when not started. With ``wait``, return when running jobs have ended."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=wait)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _add(self, job: Job, name: str, **first: dt.datetime) -> None:
        _, trigger = self._triggers[name]
        self._scheduler.add_job(job, trigger(), id=name, name=name, replace_existing=True, **first)

    def _now(self) -> dt.datetime:
        return dt.datetime.now(self._zone)
