"""The models that may do a task: its own first, then its stand-ins."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..providers.attempt import Candidate
from ..providers.base import ModelRequest, ProviderError
from .models import AgentModel
from .priming import Primer


def task_candidate(model: AgentModel, timeout: float) -> Candidate:
    """Return a model as one that is given a task: nobody waits for its first token.

    `timeout` is the task's, in seconds without a byte; an agent's is mostly shorter.
    """
    longest = max(timeout, model.options.timeout)

    def adapt(asked: ModelRequest) -> ModelRequest:
        return model.options.request(
            asked.messages,
            asked.tools,
            answer_schema=asked.answer_schema,
            timeout=longest,
        )

    return Candidate(
        server=model.server,
        model=model.options.model,
        provider=model.provider,
        standing=model.health.standing(model.options.model),
        adapt=adapt,
        patience=lambda: None,
    )


@dataclass(slots=True)
class TaskWatch:
    """Tells the health of the models' servers how it goes."""

    models: Mapping[Candidate, AgentModel]
    _asking: list[Primer] = field(default_factory=list)

    def asked(self, candidate: Candidate) -> None:
        """Make way for a request."""
        primer = self.models[candidate].primer
        primer.turn_asks()
        self._asking.append(primer)

    def taken(self, candidate: Candidate) -> None:
        """Note nothing: who answers is not shown."""

    def failed(self, candidate: Candidate, error: ProviderError) -> None:
        """Note that a model failed."""
        self.models[candidate].health.failed(error, candidate.model)

    def answered(self, candidate: Candidate) -> None:
        """Note that a model answered."""
        self.models[candidate].health.answered(candidate.model)

    def left(self, candidate: Candidate) -> None:
        """Note nothing: no two are asked at a time."""

    def end(self) -> None:
        """Note that the requests have ended."""
        while self._asking:
            self._asking.pop().turn_answered()
