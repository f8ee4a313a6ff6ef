"""samconfig.toml gives the template what it needs."""

import re
import unittest

from stack import parameters, toml

CONFIG = toml("samconfig.toml")


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

    def test_what_is_given_is_allowed(self):
        for environment in ("preprod", "prod"):
            for name, value in overrides(environment).items():
                declared = parameters()[name]
                if "AllowedValues" in declared:
                    self.assertIn(value, [str(one) for one in declared["AllowedValues"]], name)
                if "AllowedPattern" in declared:
                    self.assertTrue(re.search(declared["AllowedPattern"], value), name)

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
