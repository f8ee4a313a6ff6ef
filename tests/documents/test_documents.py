"""documents.py finds what is wrong, and nothing else, in a small repository that is made for each test."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import documents

# in two parts: this file's own references are checked as well
RULES = "docs/rules" + ".md"
GONE = "docs/gone" + ".md"
OTHER = "docs/other" + ".md"

HELP = """\
#!/bin/sh
case $1 in
    --help) printf 'Commands:\\n  night  Run\\n\\nOptions:\\n  -h\\n' ;;
    night) printf 'Options:\\n      --dry-run\\n' ;;
esac
"""


class Documents(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        subprocess.run(["git", "init", "--quiet", self.root], check=True)
        self.program = str(self.write("program", HELP))
        Path(self.program).chmod(0o755)
        self.write(RULES, "# Rules\n\n## 5. The database\n\n### What is kept\n\nAs §5 says.\n")
        self.write("README.md", f"# Read me\n\nSee [the rules]({RULES}) and [the database]({RULES}#5-the-database).\n")

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        return file

    def wrong(self, path, text):
        self.write(path, text)
        found = list(documents.wrong_references(self.root, path, text))
        if path.endswith(".md"):
            found += documents.wrong_in_document(self.root, path, text, self.program)
        return found

    def test_references_to_what_is_there_are_right(self):
        for text in (
            f"/// As written ({RULES} §5).",
            f"//! By the rules ({RULES},\n//! \"What is\n//! kept\"), and by {RULES}\n//! §5 and §5.",
            f"# {RULES}'s table",
            "include_str!(\"../../" + GONE + "\")",
            "lines.md5(), *.md",
        ):
            self.assertEqual(self.wrong("src/lib.rs", text), [], text)

    def test_a_file_that_is_not_there_is_found_in_any_kind_of_file(self):
        for path in ("src/lib.rs", "run", "tests/check.py", "stack.yaml", "night.html", "Engines.java", OTHER):
            self.assertEqual(self.wrong(path, f"see {GONE} §1"), [f"a reference to {GONE}, which is not there"], path)

    def test_a_document_is_named_by_its_path_from_the_top_but_beside_itself(self):
        name = Path(RULES).name
        self.assertEqual(self.wrong("src/lib.rs", f"// {name} §5"), [f"a reference to {name}, which is not there"])
        self.assertEqual(self.wrong(OTHER, f"see {name} §5"), [])

    def test_a_section_that_is_not_there_is_found(self):
        expected = [f"a reference to {RULES} §6, which is no section there"]
        self.assertEqual(self.wrong("src/lib.rs", f"/// By {RULES} §5 and\n    /// §6."), expected)
        self.assertEqual(self.wrong(RULES, "# Rules\n\n## 5. The database\n\nAs §6 says.\n"), expected)

    def test_a_heading_that_is_not_there_is_found(self):
        expected = [f'a reference to {RULES}, "What is lost", which is no heading there']
        self.assertEqual(self.wrong("src/lib.rs", f"// ({RULES}, \"What\n// is lost\")"), expected)

    def test_a_link_an_anchor_and_a_path_that_are_not_there_are_found(self):
        beside = Path(RULES).name
        text = f"[a](nowhere.html) [b]({beside}#gone) `docs/nothing` `docs/NAME` [c](https://example.org/x)\n"
        self.assertEqual(self.wrong(OTHER, text), [
            "a link to nowhere.html, which is not there",
            f"a link to {beside}#gone, which is no heading there",
            "the path docs/nothing, which is not there",
        ])

    def test_a_command_and_an_option_that_the_program_does_not_have_are_found(self):
        text = "`gmc-sync night --dry-run` `gmc-sync day`\n```\ncargo run --release -- night --wet-run\n```\n"
        self.assertEqual(self.wrong(OTHER, text), [
            "`gmc-sync night --wet-run`: no option --wet-run",
            "`gmc-sync day`: there is no command day",
        ])

    def test_a_document_without_a_link_in_the_readme_is_found(self):
        self.assertEqual(documents.unlinked(self.root), [])
        self.write(OTHER, "# Other\n")
        self.assertEqual(documents.unlinked(self.root), [f"README.md: no link to {OTHER}"])

    def test_what_was_built_is_not_looked_at(self):
        self.write(".gitignore", "/target/\n")
        self.write("target/built.rs", f"// {GONE}")
        self.assertNotIn("target/built.rs", documents.files(self.root))
        self.assertIn(RULES, documents.files(self.root))


if __name__ == "__main__":
    unittest.main()
