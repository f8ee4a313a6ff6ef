"""docs/security.md: its table of roles says what the template says."""

import re
import unittest

from stack import ROOT, allowed, as_list, refs, statements
from test_functions import FUNCTIONS, role_of

# told in a sentence below the table, since every role has them
OF_EVERYONE = {
    "logs:CreateLogStream", "logs:PutLogEvents", "kms:Decrypt", "ssm:GetParameter", "sqs:SendMessage",
    "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes",
}


def row(function):
    """A function's row, as the template has it."""
    role = role_of(function)
    parameters = re.findall(r":parameter\$\{(\w+)\}", str(allowed(role, "ssm:GetParameter")))
    actions = {action for statement in statements(role) for action in as_list(statement["Action"])}
    cells = [
        refs(allowed(role, "sqs:ReceiveMessage")),
        refs(allowed(role, "sqs:SendMessage")),
        set(parameters),
        actions - OF_EVERYONE,
    ]
    return "| " + " | ".join([function] + [" ".join(sorted(cell)) or "-" for cell in cells]) + " |"


class SecurityDocument(unittest.TestCase):
    def test_its_table_of_roles_is_the_template_s(self):
        document = (ROOT / "docs/security.md").read_text().splitlines()
        for function in FUNCTIONS:
            self.assertIn(row(function), document)


if __name__ == "__main__":
    unittest.main()
