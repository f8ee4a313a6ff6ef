"""What the template is once SAM's transform is through with it: many rules of the checkers see something only there."""

import json
import logging
import pathlib
import sys

import boto3
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

ROOT = pathlib.Path(__file__).resolve().parents[2]


def read():
    """The template as it is written."""
    return yaml_parse((ROOT / "template.yaml").read_text())


def transformed():
    """The template as CloudFormation gets it, with a stand-in for the code that `sam package` would have uploaded."""
    # the translator warns of a feature toggle of the service, which there is none of here
    logging.disable(logging.WARNING)
    template = read()
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/code.zip"
    session = boto3.Session(region_name="eu-west-2")
    return Translator({}, Parser(), boto_session=session).translate(template, {})


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).write_text(json.dumps(transformed(), indent=2))
