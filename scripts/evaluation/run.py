"""Measures jobs in several processes, and tells how far it is."""

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import suppress
import logging
import multiprocessing
import os
import signal
import sys
import time
from typing import Any, Final

from .jobs import Job
from .results import Result, ResultsFile


def measure(job: Job) -> Result:
    """Speak a task and return what came of it. Raises as `measure.measure` does."""
    # Imported where it is measured: Home Assistant takes seconds to import.
    from .measure import measure as measure_here  # noqa: PLC0415

    return measure_here(job)


def prepare_worker() -> None:
    """Leave Ctrl-C to the process that started this one, and log nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable(logging.CRITICAL)


_EVERY: Final = 10.0
"""Seconds between two lines of progress where there is no terminal."""


class Progress:
    """How far it is, on one line of a terminal or now and then in a log."""

    def __init__(self, total: int, done: int) -> None:
        """Take how many there are, and how many are there already."""
        self._total, self._before, self._done = total, done, done
        self._right = 0
        self._started = time.monotonic()
        self._shown = 0.0

    def step(self, results: Sequence[Result]) -> None:
        """Note results, and tell."""
        self._done += len(results)
        self._right += sum(result["right"] for result in results)
        now = time.monotonic()
        terminal = sys.stderr.isatty()
        if not terminal and now - self._shown < _EVERY and self._done < self._total:
            return
        self._shown = now
        measured = self._done - self._before
        left = (now - self._started) / measured * (self._total - self._done)
        text = (
            f"{self._done} of {self._total}, {self._right / measured:.0%} right, "
            f"{_span(left)} left"
        )
        end = "\r" if terminal and self._done < self._total else "\n"
        print(f"{text:<60}", end=end, file=sys.stderr, flush=True)


def _span(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


type Work = Sequence[tuple[Job, Sequence[dict[str, Any]]]]
"""Jobs, each with the labels of its lines of results."""


def measure_all(
    jobs: Work,
    results: ResultsFile,
    workers: int,
) -> None:
    """Measure each job, and write its result once for each of its labels.

    A label has the `key` of a line of results, and what else stands in it. Raises
    EvaluationFileError, ServerLostError, KeyboardInterrupt; what was measured until
    then is written.
    """
    waiting = [(job, labels) for job, labels in jobs if _missing(labels, results)]
    total = sum(len(labels) for _, labels in waiting) + len(results.done)
    progress = Progress(total, len(results.done))
    with results.open():
        if workers == 1:
            _measure_here(waiting, results, progress)
        else:
            _measure_beside(waiting, results, progress, min(workers, len(waiting)))


def _measure_here(waiting: Work, results: ResultsFile, progress: Progress) -> None:
    """Measure one after another in this process."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        for job, labels in waiting:
            _keep(measure(job), labels, results, progress)
    finally:
        logging.disable(before)


def _measure_beside(
    waiting: Work, results: ResultsFile, progress: Progress, workers: int
) -> None:
    """Measure in processes of their own."""
    if not waiting:
        return
    executor = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=prepare_worker,
    )
    try:
        _measure_waiting(executor, waiting, results, progress, workers)
    except BaseException:
        _kill(executor)
        raise
    executor.shutdown()


def _keep(
    measured: Result,
    labels: Sequence[dict[str, Any]],
    results: ResultsFile,
    progress: Progress,
) -> None:
    found = [{**label, **measured} for label in labels]
    new = [line for line in found if line["key"] not in results.done]
    for line in new:
        results.add(line)
    progress.step(new)


def _missing(labels: Sequence[dict[str, Any]], results: ResultsFile) -> bool:
    return any(label["key"] not in results.done for label in labels)


def _measure_waiting(
    executor: ProcessPoolExecutor,
    waiting: Work,
    results: ResultsFile,
    progress: Progress,
    workers: int,
) -> None:
    running: dict[Future[Result], Sequence[dict[str, Any]]] = {}
    queue = iter(waiting)
    while True:
        # Few are handed out ahead, so that a server that dies costs only those.
        while len(running) < workers * 2 and (item := next(queue, None)):
            running[executor.submit(measure, item[0])] = item[1]
        if not running:
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        failed: BaseException | None = None
        for future in done:
            labels = running.pop(future)
            if error := future.exception():
                failed = failed or error
                continue
            _keep(future.result(), labels, results, progress)
        if failed:
            raise failed


def _kill(executor: ProcessPoolExecutor) -> None:
    """End the processes now; what they are at is measured anew next time."""
    processes = list((getattr(executor, "_processes", None) or {}).values())
    executor.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        with suppress(ProcessLookupError, OSError):
            process.kill()


def default_workers() -> int:
    """Return how many processes there are to be where nothing waits for a server."""
    return max(1, os.cpu_count() or 1)
