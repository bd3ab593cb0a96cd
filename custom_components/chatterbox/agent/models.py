"""The models that may answer for an agent: its own first, then its stand-ins."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..providers.attempt import Candidate
from ..providers.base import LLMProvider, ProviderError
from ..providers.failover import Failover
from ..providers.standing import Standing
from .options import AgentOptions
from .priming import Primed, PrimedProvider, Primer
from .prompt import Prefix
from .timings import ModelCallSpan, TurnTimings

OVERTAKEN = "overtaken"
"""Why a call of a model ended that was not waited for: another was sooner."""


class Health(Protocol):
    """Keeps how a server and its models do."""

    def standing(self, model: str) -> Standing:
        """Return how a model has done lately."""

    def failed(self, err: ProviderError, model: str | None = None) -> None:
        """Note that a model failed."""

    def answered(self, model: str | None = None) -> None:
        """Note that a model answered."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AgentModel:
    """A model that may answer for an agent."""

    options: AgentOptions
    server: str
    local: bool
    """Whether the server is one of the home's network."""
    provider: LLMProvider
    primer: Primer
    health: Health

    def candidate(self, prefix: Prefix) -> Candidate:
        """Return it as one that is asked with a prompt."""
        options, primed = self.options, Primed(self.options, prefix)

        def patience() -> float | None:
            if self.local and not self.primer.is_warm(primed):
                # It reads the prompt first, which can take a slow computer minutes.
                return None
            return options.first_token_timeout

        return Candidate(
            server=self.server,
            model=options.model,
            provider=PrimedProvider(self.provider, self.primer, primed),
            standing=self.health.standing(options.model),
            adapt=lambda asked: options.request(asked.messages, asked.tools),
            patience=patience,
        )


@dataclass(slots=True)
class ModelSpans:
    """Times the models that are asked in a turn, and tells their servers' health."""

    timings: TurnTimings
    health: Mapping[Candidate, Health]
    """Of each model's server; the agent's own first."""
    answering: Candidate | None = None
    """The model whose answer came last."""
    span: ModelCallSpan = field(default_factory=lambda: ModelCallSpan(0.0))
    """Of the model whose answer comes."""
    _open: dict[Candidate, ModelCallSpan] = field(default_factory=dict)
    _began: float | None = None

    @property
    def stand_in(self) -> Candidate | None:
        """The stand-in that answers, if one does."""
        own = next(iter(self.health))
        return None if self.answering is own else self.answering

    def called(self, *, written: bool) -> None:
        """Note how the model that answers makes its calls."""
        if self.answering:
            self.answering.standing.writes_calls = written

    @property
    def calls_natively(self) -> bool:
        """Whether the model that answers is known to make real calls."""
        answering = self.answering
        return answering is not None and answering.standing.writes_calls is False

    def begin(self) -> None:
        """Note that the first model of a response is about to be asked."""
        self._began = self.timings.now

    def asked(self, candidate: Candidate) -> None:
        """Note that a model is asked."""
        self.span = self.timings.model_asked(
            candidate.server, candidate.model, self._began
        )
        self._began = None
        self._open[candidate] = self.span

    def taken(self, candidate: Candidate) -> None:
        """Note that the events that follow are of this model."""
        self.span = self._open[candidate]
        self.answering = candidate

    def failed(self, candidate: Candidate, error: ProviderError) -> None:
        """Note that a model is given up."""
        self.health[candidate].failed(error, candidate.model)
        self._end(candidate, error.kind, failed=True)

    def answered(self, candidate: Candidate) -> None:
        """Note that a model has answered to the end."""
        self.health[candidate].answered(candidate.model)

    def left(self, candidate: Candidate) -> None:
        """Note that a model is not needed any more."""
        self._end(candidate, OVERTAKEN)

    def end(self) -> None:
        """End what is still open: all of the answer was taken, or the turn cut short."""
        for candidate in tuple(self._open):
            self._end(candidate)

    def _end(
        self, candidate: Candidate, reason: str | None = None, *, failed: bool = False
    ) -> None:
        if (span := self._open.pop(candidate, None)) is None:
            return
        if reason:
            span.finish_reason = reason
        span.failed = failed
        self.timings.model_ended(span)


def ask_in_order(
    models: Sequence[AgentModel],
    prefix: Prefix,
    timings: TurnTimings,
    beyond: Callable[[], Awaitable[bool]],
) -> tuple[Failover, ModelSpans]:
    """Return what asks an agent's models in a turn, its own first, and keeps the times."""
    candidates = [model.candidate(prefix) for model in models]
    health = dict(zip(candidates, [model.health for model in models], strict=True))
    spans = ModelSpans(timings, health)
    hedges = models[0].options.hedge
    return Failover(candidates, spans, hedges=hedges, beyond=beyond), spans
