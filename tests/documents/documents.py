"""Holds the documents to what there is: links, paths of the repository, and commands of gmc-sync with their options. In
every other file it holds each reference to a document, such as `docs/domain.md §5`, to a file and a section that exist.

usage: documents.py PROGRAM      PROGRAM is gmc-sync as it was built, such as target/debug/gmc-sync
"""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

# folders of the repository, in which a path between backticks must be one that exists
FOLDERS = ("cli", "docs", "events", "functions", "shared", "simulator", "tests")

# a document by its path from the top, then §§ or a heading in quotation marks; a path that begins with dots is code
REFERENCE = re.compile(r'(?<![\w./-])((?:[\w-]+/)*[\w-]+\.md)\b[`)]*((?:,? (?:and )?§\d+)*)(?:, "([^"]+)")?')

# where a line ends and the next one's comment begins
LINE_END = re.compile(r"\n[ \t]*(?://[/!]?|#+|\*|--)?[ \t]*")


def main(root, program):
    wrong = []
    documents, checked, referred = 0, 0, 0
    for path in files(root):
        text = (root / path).read_text(errors="replace")
        found = list(wrong_references(root, path, text))
        if path.endswith(".md"):
            found += wrong_in_document(root, path, text, program)
            documents += 1
            checked += len(list(commands(text)))
        else:
            referred += len(list(references(text)))
        wrong += [f"{path}: {what}" for what in found]
    wrong += unlinked(root)
    print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
    # a search that finds nothing has looked for nothing
    if documents < 5 or checked < 20 or referred < 50:
        sys.exit(f"only {documents} documents with {checked} commands and {referred} references to them were found")
    print(f"{documents} documents, {checked} commands of gmc-sync, {referred} references in other files")
    sys.exit(bool(wrong))


def files(root):
    """Every file of the repository, and none of what was built or fetched."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, capture_output=True, text=True,
    )
    return sorted(name for name in listed.stdout.split("\0") if (root / name).is_file())


def unlinked(root):
    """Documents that the README does not lead to."""
    linked = set(re.findall(r"\]\(([^)#]+\.md)", (root / "README.md").read_text()))
    documents = [path for path in files(root) if path.startswith("docs/") and path.endswith(".md")]
    return [f"README.md: no link to {path}" for path in documents if path not in linked]


def references(text):
    """Each reference to a document: its path, the numbers of sections, and a heading, which may be missing."""
    for match in REFERENCE.finditer(LINE_END.sub(" ", text)):
        path, numbers, heading = match.groups()
        yield path, re.findall(r"\d+", numbers), heading


def wrong_references(root, path, text):
    """References to documents or to sections that are not there."""
    is_document = path.endswith(".md")
    for name, numbers, heading in references(text):
        # documents also name what is beside them
        places = [root / name] + [(root / path).parent / name] * is_document
        document = next((place for place in places if place.exists()), None)
        if document is None:
            yield f"a reference to {name}, which is not there"
            continue
        there = headings(document)
        yield from missing_sections(name, numbers, there)
        if heading is not None and heading not in there:
            yield f'a reference to {name}, "{heading}", which is no heading there'
    if is_document:
        alone = re.findall(r"§(\d+)", REFERENCE.sub("", LINE_END.sub(" ", text)))
        yield from missing_sections(path, alone, headings(root / path))


def missing_sections(name, numbers, there):
    for number in numbers:
        if not any(heading.startswith(f"{number}. ") for heading in there):
            yield f"a reference to {name} §{number}, which is no section there"


def wrong_in_document(root, path, text, program):
    """What a document says that is not so."""
    for target, anchor in re.findall(r"\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]*)?\)", text):
        file = (root / path).parent / target if target else root / path
        if not file.exists():
            yield f"a link to {target}, which is not there"
        elif anchor and anchor[1:] not in map(anchor_of, headings(file)):
            yield f"a link to {target}{anchor}, which is no heading there"
    for name in re.findall(r"`([\w./-]+)`", text):
        folder, *rest = name.split("/")
        # NAME stands for what is to be chosen
        if folder in FOLDERS and rest and not re.fullmatch("[A-Z]+", rest[-1]) and not (root / name).exists():
            yield f"the path {name}, which is not there"
    for command in commands(text):
        yield from misused(command, program)


def headings(file):
    """The words of a document's headings."""
    return re.findall(r"^#+ (.+)$", without_blocks(file.read_text()), re.MULTILINE)


def anchor_of(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def commands(text):
    """What stands after the program's name, in blocks and between backticks, up to where the shell ends the command."""
    blocks = re.findall(r"^```.*?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    for line in lines + re.findall(r"`([^`\n]+)`", without_blocks(text)):
        for rest in re.findall(r"(?:(?:^|[\s(/])gmc-sync|cargo run (?:--release |--features live )*--) +([^|;&>#()]+)", line):
            # a package of that name, or a folder
            if not re.search(r"(-p|--package|-C|cd) gmc-sync", line):
                yield re.split(r"\s{2,}", rest.strip())[0]


def misused(command, program):
    """What a command names that the program does not have."""
    words = [word.strip("[]`'\",.") for word in command.split()]
    name = next((word for word in words if re.fullmatch(r"[a-z][a-z-]*", word)), None)
    if name is None or words.index(name) > 0:
        name = None
    if name is not None and name not in listed(program):
        yield f"`gmc-sync {command}`: there is no command {name}"
        return
    text = told(program, *([name] if name else []))
    for option in (word.split("=")[0] for word in words if re.match(r"--[a-z]", word)):
        if not re.search(rf"(?<![\w-]){option}(?![\w-])", text):
            yield f"`gmc-sync {command}`: no option {option}"


@cache
def told(program, *command):
    """The program's help of a command."""
    return subprocess.run([program, *command, "--help"], check=True, capture_output=True, text=True).stdout


@cache
def listed(program):
    """The commands that the program's help lists."""
    section = told(program).split("Commands:\n")[1].split("\n\n")[0]
    return set(re.findall(r"^  ([a-z][a-z-]*)", section, re.MULTILINE))


def without_blocks(text):
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(__file__).resolve().parents[2], str(Path(sys.argv[1]).resolve()))
