"""Comparing an answer with what is expected of it."""

import json
import re


def differs(expected, found, at="answer"):
    """Where `found` is not what is expected; None when it is.

    An object may have more members than expected. A text that begins with `~` is a regular expression to be found. Where
    an object or a list is expected and a text found, the text is read as JSON, as an API Gateway answer's body is.
    """
    if isinstance(expected, (dict, list)) and isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            return f"{at} is no JSON: {found!r}"
    match expected:
        case dict():
            if not isinstance(found, dict):
                return f"{at} is {found!r}, not an object"
            for name, value in expected.items():
                if name not in found:
                    return f"{at} has no {name}: {json.dumps(found)}"
                if difference := differs(value, found[name], f"{at}.{name}"):
                    return difference
            return None
        case list():
            if not isinstance(found, list) or len(found) != len(expected):
                return f"{at} is {json.dumps(found)}, not {json.dumps(expected)}"
            pairs = enumerate(zip(expected, found, strict=True))
            return next(
                (difference for place, (one, other) in pairs if (difference := differs(one, other, f"{at}[{place}]"))),
                None,
            )
        case str() if expected.startswith("~"):
            return None if re.search(expected[1:], str(found)) else f"{at} is {found!r}, nothing like {expected[1:]!r}"
    return None if expected == found else f"{at} is {found!r}, not {expected!r}"
