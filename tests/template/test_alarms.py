"""Alarms and the dashboard: they name only what is emitted, and forget nothing."""

import json
import re
import unittest

from stack import ROOT, of_type, ref, sources, sub

ALARMS = of_type("AWS::CloudWatch::Alarm")
QUEUES = of_type("AWS::SQS::Queue")
FUNCTIONS = of_type("AWS::Lambda::Function")
RULES = of_type("AWS::Events::Rule")

# What AWS measures, and of what: the pages "CloudWatch metrics" of the services' own guides. Of the rules, only what
# comes with RuleName alone, for the default bus.
OF_AWS = {
    "AWS/SQS": (
        "QueueName",
        {
            "ApproximateAgeOfOldestMessage",
            "ApproximateNumberOfMessagesDelayed",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesVisible",
            "NumberOfEmptyReceives",
            "NumberOfMessagesDeleted",
            "NumberOfMessagesReceived",
            "NumberOfMessagesSent",
            "SentMessageSize",
        },
    ),
    "AWS/Lambda": (
        "FunctionName",
        {"AsyncEventAge", "AsyncEventsDropped", "AsyncEventsReceived", "ConcurrentExecutions", "DeadLetterErrors"}
        | {"DestinationDeliveryFailures", "Duration", "Errors", "Invocations", "Throttles"},
    ),
    "AWS/Events": (
        "RuleName",
        {"DeadLetterInvocations", "FailedInvocations", "Invocations", "InvocationsFailedToBeSentToDlq"}
        | {"InvocationsSentToDlq", "MatchedEvents", "ThrottledRules", "TriggeredRules"},
    ),
}

OF_THE_NIGHT = {
    "BodiesHeld",
    "BodiesFailed",
    "DoctorsUnsettled",
    "MinutesOverdue",
    "MinutesSinceSuccess",
    "ScheduleErrors",
}


def rows():
    """The table of metrics in docs/metrics.md, which a test of its own holds equal to the code: the cells by column."""
    text = (ROOT / "docs/metrics.md").read_text()
    lines = text.split("\n## Metrics\n")[1].split("\n## ")[0].splitlines()
    head, _, *body = [line.strip("| ").split(" | ") for line in lines if line.startswith("|")]
    return [dict(zip(head, cells, strict=True)) for cells in body]


def emitted():
    """The sets of dimensions of each metric."""
    return {
        row["metric"].strip("`"): {frozenset(one.split(" + ")) for one in row["dimensions"].split(", ")} for row in rows()
    }


def suffix(alarm):
    """What stands in an alarm's name after the stack's."""
    return sub(alarm["AlarmName"]).removeprefix("STACK-")


def dimensions(alarm):
    return {one["Name"]: one["Value"] for one in alarm["Dimensions"]}


def of_metric(namespace, metric):
    """What the alarms of a metric look at."""
    return {
        ref(value)
        for alarm in ALARMS.values()
        if (alarm["Namespace"], alarm["MetricName"]) == (namespace, metric)
        for value in dimensions(alarm).values()
    }


def widgets(kind="metric"):
    body = of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    return [widget for widget in json.loads(body)["widgets"] if widget["type"] == kind]


def graphs():
    """What the dashboard draws, as it is named: a list of namespace, metric, and names and values of dimensions."""
    for widget in widgets():
        yield from (metric for metric in widget["properties"]["metrics"] if isinstance(metric[0], str))


def searches():
    """What the dashboard looks for: namespace, names of dimensions, metric, and the values it is narrowed to."""
    for widget in widgets():
        for metric in widget["properties"]["metrics"]:
            if isinstance(metric[0], dict):
                expression = metric[0]["expression"]
                schema, rest = re.fullmatch(r"SEARCH\('\{([^}]+)\} (.*)', '\w+', \d+\)", expression).groups()
                namespace, *names = schema.split(",")
                [name] = re.findall(r'MetricName="(\w+)"', rest)
                yield namespace, names, name, dict(re.findall(r'(\w+)="([^"]+)"', rest.replace(f'MetricName="{name}"', "")))


class Alarms(unittest.TestCase):
    def test_their_metrics_are_ones_that_are_emitted_with_these_dimensions(self):
        for name, alarm in ALARMS.items():
            names = set(dimensions(alarm))
            if alarm["Namespace"] == "GmcSync":
                self.assertIn(names, emitted()[alarm["MetricName"]], name)
            else:
                of, metrics = OF_AWS[alarm["Namespace"]]
                self.assertEqual(names, {of}, name)
                self.assertIn(alarm["MetricName"], metrics, name)

    def test_a_description_ends_with_the_runbook_s_section(self):
        for alarm in ALARMS.values():
            means, _, section = alarm["AlarmDescription"].partition(". ")
            self.assertGreater(len(means.split()), 5, means)
            self.assertEqual(section, f"docs/runbook.md, Alarm {suffix(alarm)}")

    def test_the_table_of_metrics_names_the_alarm_of_each(self):
        of = {alarm["MetricName"]: suffix(alarm) for alarm in ALARMS.values() if alarm["Namespace"] == "GmcSync"}
        told = {row["metric"].strip("`"): row["alarm"] for row in rows() if row["alarm"] != "–"}
        self.assertEqual(told, of)

    def test_what_the_night_must_alarm_about_does(self):
        own = {alarm["MetricName"] for alarm in ALARMS.values() if alarm["Namespace"] == "GmcSync"}
        self.assertEqual(own, OF_THE_NIGHT)

    def test_every_queue_where_messages_come_to_rest_has_an_alarm(self):
        resting = {name for name, queue in QUEUES.items() if "RedrivePolicy" not in queue}
        self.assertLessEqual(resting, of_metric("AWS/SQS", "ApproximateNumberOfMessagesVisible"))

    def test_every_queue_that_is_worked_on_has_an_alarm_for_its_oldest_message(self):
        working = {name for name, queue in QUEUES.items() if "RedrivePolicy" in queue}
        self.assertEqual(working, of_metric("AWS/SQS", "ApproximateAgeOfOldestMessage"))

    def test_every_function_has_an_alarm_for_its_errors(self):
        self.assertEqual(set(FUNCTIONS), of_metric("AWS/Lambda", "Errors"))

    def test_silence_is_an_alarm_where_somebody_must_speak_at_all_times(self):
        speak = {"MinutesOverdue", "MinutesSinceSuccess", "ScheduleErrors"}
        for name, alarm in ALARMS.items():
            expected = "breaching" if alarm["MetricName"] in speak else "notBreaching"
            self.assertEqual(alarm["TreatMissingData"], expected, name)

    def test_the_period_is_longer_than_the_time_between_two_words(self):
        # the watchdog emits every 15 minutes, follow-schedule every five
        for name, alarm in ALARMS.items():
            if alarm["TreatMissingData"] == "breaching":
                between = 300 if alarm["MetricName"] == "ScheduleErrors" else 900
                self.assertGreaterEqual(alarm["Period"] * alarm["EvaluationPeriods"], 2 * between, name)

    def test_the_alarm_for_follow_schedule_s_errors_covers_more_than_one_of_its_runs(self):
        # else it would go off and on again while every run fails, because a period may have no run
        alarm = ALARMS["FollowScheduleErrorsAlarm"]
        self.assertGreaterEqual(alarm["Period"] * alarm["EvaluationPeriods"], 2 * 300)

    def test_every_alarm_goes_to_the_topic_where_there_is_one(self):
        for name, alarm in ALARMS.items():
            for actions in (alarm["AlarmActions"], alarm["OKActions"]):
                self.assertEqual(actions["Fn::If"][:2], ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}]], name)


class Dashboard(unittest.TestCase):
    def test_its_metrics_are_ones_that_are_emitted_with_these_dimensions(self):
        for namespace, metric, *named in graphs():
            if namespace == "GmcSync":
                self.assertIn(frozenset(named[::2]), emitted()[metric])
            else:
                of, metrics = OF_AWS[namespace]
                self.assertEqual(named[::2], [of], metric)
                self.assertIn(metric, metrics)

    def test_what_it_searches_for_is_emitted_with_these_dimensions(self):
        found = list(searches())
        self.assertTrue(found)
        for namespace, names, metric, values in found:
            self.assertEqual(namespace, "GmcSync")
            self.assertIn(frozenset(names), emitted()[metric])
            self.assertEqual(values, {"Environment": "${Environment}"})

    def test_what_is_told_by_body_is_searched_for_so_that_the_list_of_bodies_stays_configuration(self):
        wanted = {"DoctorsLeft", "BodiesHeld", "BodiesFailed"}
        self.assertEqual({metric for _, names, metric, _ in searches() if "Body" in names}, wanted)
        self.assertNotIn("Body", [name for _, _, *named in graphs() for name in named[::2]])

    def test_it_shows_every_alarm(self):
        [widget] = widgets("alarm")
        self.assertEqual(widget["properties"]["alarms"], [f"${{{name}.Arn}}" for name in ALARMS])

    def test_no_widget_lies_on_another_or_beside_the_grid(self):
        taken = set()
        for widget in widgets() + widgets("alarm"):
            place = {
                (x, y)
                for x in range(widget["x"], widget["x"] + widget["width"])
                for y in range(widget["y"], widget["y"] + widget["height"])
            }
            self.assertFalse(taken & place, widget["properties"]["title"])
            self.assertLessEqual(widget["x"] + widget["width"], 24)
            taken |= place

    def test_it_shows_every_metric_of_ours(self):
        shown = str(widgets())
        for metric in emitted():
            self.assertIn(metric, shown)

    def test_its_queues_functions_and_rules_are_those_of_the_stack(self):
        names = {
            "AWS/SQS": {queue["QueueName"]["Fn::Sub"] for queue in QUEUES.values()},
            "AWS/Lambda": {function["FunctionName"]["Fn::Sub"] for function in FUNCTIONS.values()},
            "AWS/Events": {rule["Name"]["Fn::Sub"] for rule in RULES.values()},
        }
        for namespace, known in names.items():
            shown = {metric[3] for metric in graphs() if metric[0] == namespace}
            self.assertEqual(shown, known, namespace)


class Metrics(unittest.TestCase):
    def test_every_metric_of_the_table_is_emitted_somewhere(self):
        text = sources("functions", "shared/lambda/src", "shared/sync/src")
        for metric in emitted():
            self.assertTrue(f"Metric::{metric}" in text, f"nobody emits {metric}")


if __name__ == "__main__":
    unittest.main()
