"""What calls the functions: the rules and the API."""

import json
import unittest

from stack import of_type, ref, sub, template

RULES = of_type("AWS::Events::Rule")
PERMISSIONS = of_type("AWS::Lambda::Permission")


class Rules(unittest.TestCase):
    def test_the_nightly_rule_is_made_disabled_with_an_expression_that_does_not_fire(self):
        rule = RULES["NightlyRule"]
        self.assertEqual(rule["State"], "DISABLED")
        self.assertEqual(rule["ScheduleExpression"], "cron(0 0 1 1 ? 2199)")

    def test_the_nightly_rule_begins_a_night_within_the_hour_or_not_at_all(self):
        [target] = RULES["NightlyRule"]["Targets"]
        self.assertEqual(ref(target["Arn"]), "PrepareSync")
        self.assertEqual(target["RetryPolicy"]["MaximumEventAgeInSeconds"], 3600)
        # the event's id is the run's key, so the event must come as it is
        self.assertFalse({"Input", "InputPath", "InputTransformer"} & set(target))

    def test_the_watchdog_ticks_every_15_minutes(self):
        rule = RULES["WatchdogRule"]
        self.assertEqual((rule["ScheduleExpression"], rule["State"]), ("rate(15 minutes)", "ENABLED"))
        self.assertEqual([ref(target["Arn"]) for target in rule["Targets"]], ["RecommendationUpdate"])

    def test_follow_schedule_is_called_every_five_minutes_and_when_just_that_parameter_changes(self):
        rule = RULES["FollowScheduleRule"]
        self.assertEqual((rule["ScheduleExpression"], rule["State"]), ("rate(5 minutes)", "ENABLED"))
        for name in ("FollowScheduleRule", "ScheduleChangedRule"):
            [target] = RULES[name]["Targets"]
            self.assertEqual(ref(target["Arn"]), "FollowSchedule", name)
            # five minutes later the next run does what this one should have done
            self.assertEqual(target["RetryPolicy"]["MaximumEventAgeInSeconds"], 300, name)
        pattern = RULES["ScheduleChangedRule"]["EventPattern"]
        self.assertEqual(pattern["source"], ["aws.ssm"])
        self.assertEqual(pattern["detail-type"], ["Parameter Store Change"])
        self.assertEqual(pattern["detail"], {"name": [{"Ref": "ScheduleParameter"}]})

    def test_every_rule_may_call_its_target_and_keeps_what_it_could_not_deliver(self):
        called = {(ref(one["SourceArn"]), ref(one["FunctionName"])) for one in PERMISSIONS.values()}
        policy = of_type("AWS::SQS::QueuePolicy")["UndeliveredEventsPolicy"]["PolicyDocument"]["Statement"]
        [may] = [one["Condition"]["ArnEquals"]["aws:SourceArn"] for one in policy if one["Effect"] == "Allow"]
        self.assertEqual({ref(arn) for arn in may}, set(RULES))
        for name, rule in RULES.items():
            for target in rule["Targets"]:
                self.assertIn((name, ref(target["Arn"])), called)
                self.assertEqual(ref(target["DeadLetterConfig"]["Arn"]), "UndeliveredEvents", name)


class Api(unittest.TestCase):
    PATHS = {
        "/v1/admin": {"post", "get"},
        "/v1/admin/{runId}": {"get"},
        "/v1/admin/{runId}/abort": {"post"},
    }

    def test_it_has_the_operators_four_methods(self):
        body = of_type("AWS::ApiGateway::RestApi")["Api"]["Body"]
        methods = {path: set(item) for path, item in body["paths"].items()}
        self.assertEqual(methods, self.PATHS)

    def test_every_method_needs_a_signed_request_and_calls_the_function_without_the_caller_s_credentials(self):
        body = of_type("AWS::ApiGateway::RestApi")["Api"]["Body"]
        for path, item in body["paths"].items():
            for method, operation in item.items():
                self.assertEqual(operation["security"], [{"AWS_IAM": []}], f"{method} {path}")
                integration = operation["x-amazon-apigateway-integration"]
                self.assertNotIn("credentials", integration, f"{method} {path}")
                self.assertIn("PrepareSync.Arn", str(integration["uri"]))
                self.assertEqual(integration["type"], "aws_proxy")

    def test_every_method_may_call_the_function_from_any_stage_the_console_s_test_included(self):
        sources = {sub(one["SourceArn"]["Fn::Sub"][0]) for one in PERMISSIONS.values() if is_of_the_api(one)}
        for path, methods in self.PATHS.items():
            for method in methods:
                end = f"/__Stage__/{method.upper()}{path}"
                own = path.replace("{runId}", "*")
                self.assertTrue(any(source.endswith((end, end.replace(path, own))) for source in sources), end)
        for one in PERMISSIONS.values():
            if is_of_the_api(one):
                self.assertEqual(one["SourceArn"]["Fn::Sub"][1]["__Stage__"], "*")

    def test_calls_are_throttled_and_logged(self):
        stage = of_type("AWS::ApiGateway::Stage")["ApiStage"]
        [settings] = stage["MethodSettings"]
        self.assertEqual((settings["HttpMethod"], settings["ResourcePath"]), ("*", "/*"))
        self.assertLessEqual(settings["ThrottlingRateLimit"], 10)
        # a trace of the data would put the reports' doctors into a log
        self.assertIs(settings["DataTraceEnabled"], False)
        self.assertEqual(ref(stage["AccessLogSetting"]["DestinationArn"]), "ApiLogs")

    def test_errors_are_in_the_access_log_and_not_in_one_that_is_kept_for_ever(self):
        # API Gateway makes the execution log's group itself, and gives it no retention
        stage = of_type("AWS::ApiGateway::Stage")["ApiStage"]
        [settings] = stage["MethodSettings"]
        self.assertEqual(settings["LoggingLevel"], "OFF")
        line = json.loads(stage["AccessLogSetting"]["Format"])
        for told in ("status", "error.message", "integrationStatus", "integrationErrorMessage"):
            self.assertIn(f"$context.{told}", line.values())
        self.assertIn("RetentionInDays", of_type("AWS::Logs::LogGroup")["ApiLogs"])

    def test_an_existing_gateway_may_call_prepare_sync_where_one_is_named(self):
        permission = template()["Resources"]["GatewayPermission"]
        self.assertEqual(permission["Condition"], "HasGateway")
        self.assertTrue(sub(permission["Properties"]["SourceArn"]).endswith(":GatewayRestApiId/*/*/v1/admin*"))


def is_of_the_api(permission):
    source = permission["SourceArn"]
    return isinstance(source, dict) and isinstance(source.get("Fn::Sub"), list)


if __name__ == "__main__":
    unittest.main()
