"""Lays out binaries that are there already as `sam build` does: per function a directory with its `bootstrap`, and the
template that leads to these directories.

usage: lay_out.py BINARIES BUILD     BINARIES is a directory such as target/debug; BUILD is made
"""

import pathlib
import subprocess
import sys

from samcli.yamlhelper import yaml_dump, yaml_parse

TEMPLATE = pathlib.Path(__file__).resolve().parents[2] / "template.yaml"


def main(binaries, build):
    template = yaml_parse(TEMPLATE.read_text())
    for name, resource in template["Resources"].items():
        binary = resource.get("Metadata", {}).get("BuildProperties", {}).get("Binary")
        if not binary:
            continue
        (build / name).mkdir(parents=True)
        # as small as a real one: with what it has for debuggers, a dev binary has more than 100 MB
        subprocess.run(["strip", "-o", build / name / "bootstrap", binaries / binary], check=True)
        resource["Properties"]["CodeUri"] = name
        resource["Metadata"]["SamResourceId"] = name
    (build / "template.yaml").write_text(yaml_dump(template))


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:]))
