"""Functions: their settings, what they may do, and where their logs go."""

import re
import unittest

from stack import ROOT, allowed, as_list, of_type, ref, refs, sources, statements, table, template, toml

FUNCTIONS = of_type("AWS::Lambda::Function")
ROLES = of_type("AWS::IAM::Role")
LOG_GROUPS = of_type("AWS::Logs::LogGroup")
RULES = of_type("AWS::Events::Rule")
INVOKE_CONFIGS = of_type("AWS::Lambda::EventInvokeConfig")

PACKAGES = {
    "PrepareSync": "prepare-sync",
    "GmcFetch": "gmc-fetch",
    "RecommendationUpdate": "recommendation-update",
    "ConnectionIndex": "connection-index",
    "FollowSchedule": "follow-schedule",
}


def variables():
    """The table of variables: name, packages that read it, whether they must have it."""
    for row in table("variables.txt"):
        name, *readers, need = row.split()
        yield name, set(PACKAGES.values()) if readers == ["all"] else set(readers), need == "required"


def environment(function):
    return FUNCTIONS[function]["Environment"]["Variables"]


def secrets_of(function):
    """The parameters whose names stand behind `ssm:` in a function's variables."""
    return set(re.findall(r"ssm:\$\{(\w+)\}", str(environment(function))))


def role_of(function):
    return ROLES[ref(FUNCTIONS[function]["Role"])]


class Functions(unittest.TestCase):
    def test_there_are_five_and_each_is_the_package_of_its_name(self):
        self.assertEqual(set(FUNCTIONS), set(PACKAGES))
        for function, package in PACKAGES.items():
            build = template()["Resources"][function]["Metadata"]
            self.assertEqual(build["BuildMethod"], "rust-cargolambda", function)
            self.assertEqual(build["BuildProperties"]["Binary"], package)
            self.assertEqual(toml(f"functions/{package}/Cargo.toml")["package"]["name"], package)

    def test_every_function_has_the_variables_of_the_table_and_no_others(self):
        for function, package in PACKAGES.items():
            known = {name for name, readers, _ in variables() if package in readers}
            needed = {name for name, readers, is_needed in variables() if package in readers and is_needed}
            self.assertLessEqual(set(environment(function)), known, function)
            self.assertLessEqual(needed, set(environment(function)), function)

    def test_the_variables_of_the_table_are_read_by_the_code(self):
        for name, readers, _ in variables():
            for package in readers:
                text = sources(f"functions/{package}/src", "shared/lambda/src", "shared/settings/src", "shared/aws/src")
                self.assertTrue(f'"{name}"' in text, f"{package} reads no {name}")

    def test_no_secret_is_in_a_variable(self):
        for function in PACKAGES:
            for name, value in environment(function).items():
                if re.search("URI$|USERNAME$|PASSWORD$|INTERNAL_USER$", name):
                    self.assertIn("ssm:", str(value), f"{function} {name}")

    def test_traces_are_sent_and_logs_are_json(self):
        for name, function in FUNCTIONS.items():
            self.assertEqual(function["TracingConfig"], {"Mode": "Active"}, name)
            self.assertEqual(function["LoggingConfig"]["LogFormat"], "JSON", name)
            self.assertEqual(function["Runtime"], "provided.al2023", name)

    def test_every_function_has_a_log_group_of_its_own_with_a_retention(self):
        groups = {name: ref(function["LoggingConfig"]["LogGroup"]) for name, function in FUNCTIONS.items()}
        self.assertEqual(len(set(groups.values())), len(FUNCTIONS))
        for group in LOG_GROUPS.values():
            self.assertEqual(group["RetentionInDays"], {"Ref": "LogRetentionDays"})

    def test_all_but_follow_schedule_are_in_the_vpc(self):
        for name, function in FUNCTIONS.items():
            self.assertEqual("VpcConfig" in function, name != "FollowSchedule", name)

    def test_whoever_is_called_by_a_rule_keeps_the_calls_that_failed(self):
        called = {ref(target["Arn"]) for rule in RULES.values() for target in rule["Targets"]}
        kept = {ref(config["FunctionName"]): config for config in INVOKE_CONFIGS.values()}
        self.assertEqual(called, set(kept))
        for function, config in kept.items():
            self.assertEqual(ref(config["DestinationConfig"]["OnFailure"]["Destination"]), "UndeliveredEvents")
            self.assertLessEqual(config["MaximumEventAgeInSeconds"], 3600)
            self.assertIn("UndeliveredEvents", refs(allowed(role_of(function), "sqs:SendMessage")), function)

    def test_lambda_does_not_take_a_night_that_waits_for_another_one_for_a_loop(self):
        self.assertEqual(FUNCTIONS["PrepareSync"]["RecursiveLoop"], "Allow")


class Roles(unittest.TestCase):
    def test_every_function_has_a_role_of_its_own(self):
        self.assertEqual(len({ref(function["Role"]) for function in FUNCTIONS.values()}), len(FUNCTIONS))

    def test_no_role_may_do_everything_of_anything(self):
        for name, role in ROLES.items():
            for statement in statements(role):
                for action in as_list(statement["Action"]):
                    self.assertNotIn("*", action, name)

    def test_connection_index_may_only_post_to_the_search_domain_and_nobody_else_may_call_it(self):
        for function in FUNCTIONS:
            may = {one for statement in statements(role_of(function)) for one in as_list(statement["Action"])}
            own = {"es:ESHttpPost"} if function == "ConnectionIndex" else set()
            self.assertEqual({one for one in may if one.startswith("es:")}, own, function)

    def test_no_role_s_own_policy_is_for_every_resource(self):
        for name, role in ROLES.items():
            for statement in statements(role):
                self.assertNotIn("*", as_list(statement["Resource"]), name)

    def test_a_function_sends_only_to_the_queues_whose_addresses_it_has(self):
        for function in PACKAGES:
            addresses = {ref(value) for name, value in environment(function).items() if name.endswith("_QUEUE_URL")}
            may = refs(allowed(role_of(function), "sqs:SendMessage")) - {"UndeliveredEvents"}
            # some have the address of their own queue only to hand messages back
            self.assertLessEqual(may, addresses, function)
            self.assertLessEqual(addresses - may, {function + "Queue"}, function)

    def test_a_function_receives_only_from_its_own_queue(self):
        for function in PACKAGES:
            own = set() if function == "FollowSchedule" else {function + "Queue"}
            for action in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"):
                self.assertEqual(refs(allowed(role_of(function), f"sqs:{action}")), own, f"{function} {action}")

    def test_a_function_reads_just_the_parameters_that_its_variables_name(self):
        for function in PACKAGES:
            read = set(re.findall(r":parameter\$\{(\w+)\}", str(allowed(role_of(function), "ssm:GetParameter"))))
            named = {"ScheduleParameter"} if function == "FollowSchedule" else secrets_of(function)
            self.assertEqual(read, named, function)

    def test_only_follow_schedule_changes_the_nightly_rule(self):
        for function in PACKAGES:
            rules = refs(allowed(role_of(function), "events:PutRule"))
            self.assertEqual(rules, {"NightlyRule"} if function == "FollowSchedule" else set(), function)

    def test_a_function_writes_only_to_its_own_log_group(self):
        for function in PACKAGES:
            groups = refs(allowed(role_of(function), "logs:PutLogEvents"))
            self.assertEqual(groups, {ref(FUNCTIONS[function]["LoggingConfig"]["LogGroup"])})


class Build(unittest.TestCase):
    """SAM builds with cargo-lambda and the profile release; what cargo-lambda is told must come to the profile lambda."""

    def test_what_sam_builds_is_the_profile_lambda_of_the_workspace(self):
        workspace = toml("Cargo.toml")
        build = workspace["workspace"]["metadata"]["lambda"]["build"]
        told = toml_of(build["config"])["profile"]["release"]
        lambda_profile = dict(workspace["profile"]["lambda"])
        self.assertEqual(lambda_profile.pop("inherits"), "release")
        self.assertEqual(told, lambda_profile)
        self.assertEqual(told["panic"], "unwind")
        # else cargo-lambda adds its own, an abort on every panic among them
        self.assertIs(build["disable_optimizations"], True)
        self.assertIs(build["locked"], True)

    def test_no_member_of_the_workspace_brings_another_binary_of_the_same_name(self):
        for package in PACKAGES.values():
            self.assertTrue((ROOT / "functions" / package / "src/main.rs").is_file())


def toml_of(lines):
    import tomllib

    return tomllib.loads("\n".join(lines))


if __name__ == "__main__":
    unittest.main()
