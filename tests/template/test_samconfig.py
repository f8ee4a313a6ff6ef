"""samconfig.toml gives the template what it needs."""

import re
import unittest

from stack import parameters, toml

CONFIG = toml("samconfig.toml")


# What stands for something that differs from account to account
PLACEHOLDER = re.compile("<[^<>]+>")

# What CloudFormation looks up in the account before it makes a change set; it knows no AllowedPattern for these
LOOKED_UP = {"List<AWS::EC2::Subnet::Id>", "List<AWS::EC2::SecurityGroup::Id>"}


def overrides(environment):
    given = CONFIG[environment]["deploy"]["parameters"]["parameter_overrides"]
    return dict(one.split("=", 1) for one in given)


class SamConfig(unittest.TestCase):
    def test_both_environments_give_every_parameter_that_has_no_default_and_none_that_there_is_not(self):
        needed = {name for name, declared in parameters().items() if "Default" not in declared}
        for environment in ("preprod", "prod"):
            given = set(overrides(environment))
            self.assertLessEqual(needed, given, environment)
            self.assertLessEqual(given, set(parameters()), environment)

    def test_a_placeholder_that_nobody_has_filled_in_is_refused(self):
        for environment in ("preprod", "prod"):
            placeholders = {name: value for name, value in overrides(environment).items() if PLACEHOLDER.search(value)}
            self.assertTrue(placeholders, environment)
            for name, value in placeholders.items():
                declared = parameters()[name]
                if declared["Type"] not in LOOKED_UP:
                    self.assertNotRegex(value, declared["AllowedPattern"], f"{environment} {name}")

    def test_what_is_given_is_allowed_once_its_placeholders_are_filled_in(self):
        for environment in ("preprod", "prod"):
            for name, given in overrides(environment).items():
                declared = parameters()[name]
                value = PLACEHOLDER.sub("1", given)
                if "AllowedValues" in declared:
                    self.assertIn(value, [str(one) for one in declared["AllowedValues"]], name)
                if "AllowedPattern" in declared:
                    self.assertRegex(value, declared["AllowedPattern"], name)

    def test_both_environments_give_the_same_parameters_but_for_how_long_logs_are_kept(self):
        self.assertEqual(set(overrides("preprod")) ^ set(overrides("prod")), {"LogRetentionDays"})

    def test_each_follows_the_parameter_that_the_old_system_follows(self):
        for environment in ("preprod", "prod"):
            given = overrides(environment)
            self.assertEqual(given["Environment"], environment)
            self.assertEqual(
                given["ScheduleParameter"], f"/tis/revalidation/{environment}/recommendation/cron/nightlysync"
            )

    def test_no_environment_names_a_secret_of_the_other_one(self):
        for environment, other in (("preprod", "/prod/"), ("prod", "/preprod/")):
            for name, value in overrides(environment).items():
                self.assertNotIn(other, value, f"{environment} {name}")

    def test_what_is_built_is_what_is_deployed(self):
        # `sam build` looks at its own section, `sam build --config-env prod` at prod's
        built = {str(CONFIG[one]["build"]["parameters"]["parameter_overrides"]) for one in CONFIG if one != "version"}
        deployed = {f"['Architecture={overrides(one)['Architecture']}']" for one in ("preprod", "prod")}
        self.assertEqual(built, deployed)

    def test_nothing_is_built_from_a_cache(self):
        # `sam build --cached` has been seen to deliver the binary of an older build
        for environment in ("default", "preprod", "prod"):
            self.assertIs(CONFIG[environment]["build"]["parameters"]["cached"], False, environment)


if __name__ == "__main__":
    unittest.main()
