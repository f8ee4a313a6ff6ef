"""What the tests ask of the transformed template."""

import re
import tomllib
from functools import cache

import transform

ROOT = transform.ROOT


@cache
def template():
    """The template as CloudFormation gets it."""
    return transform.transformed()


def of_type(kind):
    """The properties of every resource of a type, by logical id."""
    return {
        name: resource["Properties"]
        for name, resource in template()["Resources"].items()
        if resource["Type"] == kind
    }


def parameters():
    """The declarations of the template's parameters, by name."""
    return template()["Parameters"]


def ref(value):
    """The logical id that a Ref or a GetAtt names; None for anything else."""
    match value:
        case {"Ref": name}:
            return name
        case {"Fn::GetAtt": [name, _]}:
            return name
    return None


def refs(value):
    """The logical ids that a reference, or a list of them, names."""
    return {ref(one) for one in value} if isinstance(value, list) else {ref(value)}


def sub(value):
    """The text of a Sub without its braces, for comparing names; the stack's name stands as `STACK`."""
    text = value["Fn::Sub"] if isinstance(value, dict) else value
    return re.sub(r"\$\{([^}]+)\}", r"\1", text.replace("${AWS::StackName}", "STACK"))


def largest(value):
    """A number, or the largest that a parameter may be."""
    if ref(value) is None:
        return int(value)
    declared = parameters()[ref(value)]
    return max(int(one) for one in declared.get("AllowedValues", [declared.get("MaxValue", declared.get("Default"))]))


def statements(role):
    """Every statement of a role's own policies, those under a condition included."""
    found = []
    for policy in role.get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            if "Fn::If" in statement:
                found += [one for one in statement["Fn::If"][1:] if "Effect" in one]
            else:
                found.append(statement)
    return found


def as_list(value):
    """IAM takes one thing or a list of them."""
    return value if isinstance(value, list) else [value]


def allowed(role, action):
    """The resources on which a role may do this."""
    return [
        resource
        for statement in statements(role)
        if statement["Effect"] == "Allow" and action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    ]


def table(name):
    """The rows of a table beside this file."""
    lines = (ROOT / "tests/template" / name).read_text().splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def toml(path):
    """A TOML file of the project."""
    return tomllib.loads((ROOT / path).read_text())


def sources(*folders):
    """All Rust source text under these folders."""
    return "\n".join(path.read_text() for folder in folders for path in sorted((ROOT / folder).rglob("*.rs")))
