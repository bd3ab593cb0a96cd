"""Constants for Chatterbox."""

from typing import Final

DOMAIN: Final = "chatterbox"

CONF_PROVIDER: Final = "provider"
CONF_SERVICE: Final = "service"
CONF_MAX_TOKENS: Final = "max_tokens"
CONF_MAX_ITERATIONS: Final = "max_iterations"
CONF_TEMPERATURE: Final = "temperature"
CONF_TIMEOUT: Final = "timeout"
CONF_TURN_TIMEOUT: Final = "turn_timeout"
CONF_THINKING_TIMEOUT: Final = "thinking_timeout"
CONF_SERVICES: Final = "services"
CONF_READ_ONLY_TOOLS: Final = "read_only_tools"
CONF_SERVICES_NOT_AWAITED: Final = "services_not_awaited"
CONF_TOOL_DEADLINE: Final = "tool_deadline"
CONF_TOOL_DEADLINES: Final = "tool_deadlines"
CONF_MAX_IN_FLIGHT: Final = "max_in_flight"
CONF_INTEGRATION_CAPS: Final = "integration_caps"
CONF_REPLY: Final = "reply"
CONF_PRIMING: Final = "priming"
CONF_PLAIN_SPEECH: Final = "plain_speech"
CONF_PREFACE: Final = "preface"
CONF_FORESIGHT: Final = "foresight"
CONF_CACHED_TOOLS: Final = "cached_tools"
CONF_KEEP_RESULTS: Final = "keep_results"
CONF_KEEP_SENTENCES: Final = "keep_sentences"
CONF_THINKING: Final = "thinking"
CONF_RETENTION: Final = "retention"
CONF_CONTEXT_TOKENS: Final = "context_tokens"
CONF_EXTRA_BODY: Final = "extra_body"
CONF_TEST_MODEL: Final = "test_model"
CONF_USE_IN_PIPELINE: Final = "use_in_pipeline"
CONF_ADMIN_WITHOUT_USER: Final = "admin_without_user"
CONF_STAND_INS: Final = "stand_ins"
CONF_FIRST_TOKEN_TIMEOUT: Final = "first_token_timeout"  # noqa: S105
CONF_HEDGE: Final = "hedge"
CONF_LAST_RESORT: Final = "last_resort"
CONF_DANGER_POLICY: Final = "danger_policy"
CONF_DANGER_CODE: Final = "danger_code"
CONF_DANGER_SERVICES: Final = "danger_services"
CONF_DANGER_ENTITIES: Final = "danger_entities"
CONF_DANGER_LABELS: Final = "danger_labels"
CONF_DANGER_TRUSTED: Final = "danger_trusted"

EVENT_DANGEROUS_ACTION: Final = "chatterbox_dangerous_action"

SUBENTRY_CONVERSATION: Final = "conversation"
SUBENTRY_TASK: Final = "ai_task_data"
SUBENTRY_API: Final = "services_api"

PROVIDER_OPENAI: Final = "openai"
PROVIDER_RESPONSES: Final = "responses"
PROVIDER_OLLAMA: Final = "ollama"

DEFAULT_MAX_ITERATIONS: Final = 10
"""Model calls in one turn."""

DEFAULT_FIRST_TOKEN_TIMEOUT: Final = 8
"""Seconds to the first token before somebody else is asked."""

DEFAULT_TIMEOUT: Final = 30
"""Seconds without a byte from the model server."""

LOCAL_SUFFIXES: Final = (
    ".local",
    ".localhost",
    ".lan",
    ".home",
    ".home.arpa",
    ".internal",
    ".fritz.box",
)
"""What routers call the machines of their network (RFC 6762, RFC 8375, and by custom)."""
