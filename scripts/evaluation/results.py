"""Results as JSON lines, which a run that was broken off goes on with."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
import hashlib
import json
from pathlib import Path
from typing import Any, Final, TextIO

from .home import EvaluationFileError

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / ".cache" / "evaluation"
MEASURED: Final = ("custom_components/chatterbox", "scripts/evaluation", "evaluation")
"""What decides the results, beside the model."""

type Result = dict[str, Any]


def code_fingerprint(more: Iterable[Path] = ()) -> str:
    """Return a text that is another one when the code or the sets are."""
    digest = hashlib.sha256()
    files = [
        file
        for folder in (*(ROOT / name for name in MEASURED), *more)
        for file in ([folder] if folder.is_file() else sorted(folder.rglob("*")))
        if file.is_file() and "__pycache__" not in file.parts
    ]
    for file in files:
        digest.update(str(file).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def default_file(run: Mapping[str, Any]) -> Path:
    """Return where the results of a run go if nobody says otherwise."""
    digest = hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()[:8]
    what = "replay" if run.get("replay") else run.get("model") or "model"
    safe = "".join(c if c.isalnum() or c in "-." else "_" for c in str(what))
    return FOLDER / f"{run['agent']}-{safe}-{digest}.jsonl"


def read_results(file: Path) -> tuple[dict[str, Any], list[Result]]:
    """Return what a file of results was measured with, and the results.

    A last line that was cut off is left out. Raises EvaluationFileError.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as err:
        raise EvaluationFileError(f"{file}: {err}") from err
    parsed: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            parsed.append(json.loads(line))
        except ValueError as err:
            if number == len(lines):
                break
            raise EvaluationFileError(f"{file}, line {number}, is no JSON") from err
    if not parsed or "run" not in parsed[0]:
        raise EvaluationFileError(f"{file} is no file of results")
    return parsed[0]["run"], [line for line in parsed[1:] if "key" in line]


class ResultsFile:
    """A file that results are added to, each at once."""

    def __init__(self, file: Path, run: Mapping[str, Any]) -> None:
        """Take what is measured. Raises EvaluationFileError if the file has other."""
        self.file = file
        self.done: dict[str, Result] = {}
        self._stream: TextIO | None = None
        if file.exists() and file.stat().st_size:
            measured, results = read_results(file)
            if measured != dict(run):
                changed = sorted(
                    key
                    for key in {*measured, *run}
                    if measured.get(key) != run.get(key)
                )
                raise EvaluationFileError(
                    f"{file} has results of another run ({', '.join(changed)} differ)."
                    " Choose another file, or --again to measure anew"
                )
            self.done = {result["key"]: result for result in results}
        self._run = run

    @contextmanager
    def open(self) -> Iterator[None]:
        """Write the file anew with what is known, then let results be added."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        partial = self.file.with_name(f"{self.file.name}.partial")
        with partial.open("w", encoding="utf-8") as stream:
            for line in ({"run": dict(self._run)}, *self.done.values()):
                stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        partial.replace(self.file)
        with self.file.open("a", encoding="utf-8") as self._stream:
            yield
        self._stream = None

    def add(self, result: Result) -> None:
        """Keep a result."""
        assert self._stream is not None
        self.done[result["key"]] = result
        self._stream.write(json.dumps(result, ensure_ascii=False) + "\n")
        self._stream.flush()
