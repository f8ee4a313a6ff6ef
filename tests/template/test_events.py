"""Sample events: each is told of in events/README.md and expected by tests/sam-local."""

import json
import re
import unittest

from stack import ROOT, parameters

FILES = {str(path.relative_to(ROOT / "events")) for path in (ROOT / "events").glob("*/*.json")}


def told():
    """The files of events/README.md: the section names the folder."""
    text = (ROOT / "events/README.md").read_text()
    _, *sections = re.split(r"^## (\S+)$", text, flags=re.MULTILINE)
    for folder, section in zip(sections[::2], sections[1::2], strict=True):
        for line in section.splitlines():
            if line.startswith("| `"):
                yield from (f"{folder}/{name}" for name in re.findall(r"`([\w-]+\.json)`", line.split("|")[1]))


class Events(unittest.TestCase):
    def test_every_event_is_told_of_and_none_that_there_is_not(self):
        self.assertTrue(FILES)
        self.assertEqual(set(told()), FILES)

    def test_every_event_has_an_expectation_under_sam_local(self):
        expected = json.loads((ROOT / "tests/sam-local/expected.json").read_text())
        self.assertEqual(set(expected), FILES)

    def test_the_bodies_of_the_samples_are_those_of_the_template(self):
        codes = set(parameters()["BodyCodes"]["Default"].split(","))
        text = (ROOT / "events/gmc-fetch/sqs-fetch.json").read_text()
        self.assertLessEqual(set(re.findall(r'code\\":\\"([\w-]+)', text)), codes)


if __name__ == "__main__":
    unittest.main()
