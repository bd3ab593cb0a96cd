"""The table of docs/safety.md: what was tried to reach what is hidden."""

from collections.abc import Mapping

from tests.providers.test_discretion import FORMS
from tests.safety_page import cases, page_with_table
from tests.tools import test_checked_call as checked

from . import attacks, test_attacks, test_exposure


def tried() -> Mapping[str, int]:
    """Return the number of attacks by what they try."""
    return {
        "ids, names, aliases, areas, floors, devices, labels; in targets, fields, values": (
            len(test_exposure.ATTEMPTS)
        ),
        "`all` for a target": cases(test_exposure.test_all_is_nobody),
        "templates in arguments": cases(
            test_exposure.test_template_text_is_never_rendered
        ),
        "texts that a script's templates would take apart": (
            cases(test_attacks.test_a_scripts_text_is_no_target)
            + cases(checked.test_a_script_of_assist_is_no_way_out)
        ),
        "areas, floors, devices, labels with hidden siblings": (
            len(attacks.PLACES) + cases(checked.test_places_of_a_script_of_assist)
        ),
        "groups with hidden members, in values and by Assist's intents": (
            len(attacks.GROUPS)
            + cases(checked.test_a_group_stands_for_its_exposed_members)
        ),
        "escaped addresses of cameras, Home Assistant's API, files": (
            len(attacks.ADDRESSES)
        ),
        "paths and addresses of the home in plain texts": 2 * len(attacks.PLAIN_TEXTS),
        "errors that tell hidden from missing": cases(
            checked.test_hidden_and_missing_are_one
        ),
        "what the user who speaks may not do": cases(
            checked.test_intents_have_the_users_rights
        )
        + 4,
        "the key, escaped, in bodies, streams and redirects": 3 * len(FORMS),
    }


def page_with_attacks(page: str) -> str:
    """Return the page with the present table in its place."""
    return page_with_table(page, "reach", tried(), "reached")
