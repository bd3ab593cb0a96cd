"""Every row of the bench still runs. What it measures is not looked at here."""

import json
from pathlib import Path
import subprocess
import sys

from benchmarks.report import OURS, Line, Result
from benchmarks.rows import ROWS


def test_every_row_still_runs(tmp_path: Path) -> None:
    """With whatever of Home Assistant's own agents is installed, in one process."""
    found = tmp_path / "found.json"
    command = [sys.executable, "-m", "benchmarks", "--smoke", "--json", str(found)]
    done = subprocess.run(
        command,
        cwd=Path(__file__).parents[1],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rows = {row["row"]: row for row in json.loads(found.read_text())["rows"]}
    assert rows.keys() == ROWS.keys()
    assert all(row["lines"] or row["skipped"] for row in rows.values())


def test_a_row_that_we_lose_is_shown_as_lost() -> None:
    """By the medians; and an aim that was missed."""
    line = Line("a", "ms", {OURS: [3.0, 3.0, 9.0], "core": [2.0]}, "under 2", False)
    assert line.lost_to == ["core"]
    told = Result("row", "A row", [line]).as_markdown()
    assert "**lost** to core" in told
    assert "**missed**" in told
    assert "| 1.50 |" in told
    won = Line("a", "ms", {OURS: [2.05], "core": [2.0]})
    assert won.lost_to == []
