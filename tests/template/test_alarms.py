"""Alarms and the dashboard: they name only what is emitted, and forget nothing."""

import json
import re
import unittest

from stack import of_type, ref, sources, table

ALARMS = of_type("AWS::CloudWatch::Alarm")
QUEUES = of_type("AWS::SQS::Queue")
FUNCTIONS = of_type("AWS::Lambda::Function")


OF_THE_NIGHT = {
    "BodiesHeld",
    "BodiesFailed",
    "DoctorsUnsettled",
    "MinutesOverdue",
    "MinutesSinceSuccess",
    "ScheduleErrors",
}


def emitted():
    """The table of metrics: the sets of dimensions of each."""
    rows = (row.split(maxsplit=1) for row in table("metrics.txt"))
    return {name: {frozenset(one.strip().split("+")) for one in dimensions.split(",")} for name, dimensions in rows}


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


def widgets():
    body = of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    return json.loads(body)["widgets"]


class Alarms(unittest.TestCase):
    def test_our_own_metrics_are_ones_that_are_emitted_with_these_dimensions(self):
        for name, alarm in ALARMS.items():
            if alarm["Namespace"] == "GmcSync":
                self.assertIn(frozenset(dimensions(alarm)), emitted()[alarm["MetricName"]], name)

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
        # the watchdog speaks every 15 minutes, follow-schedule every hour
        for name, alarm in ALARMS.items():
            if alarm["TreatMissingData"] == "breaching":
                between = 3600 if alarm["MetricName"] == "ScheduleErrors" else 900
                self.assertGreaterEqual(alarm["Period"] * alarm["EvaluationPeriods"], 2 * between, name)

    def test_every_alarm_goes_to_the_topic_where_there_is_one(self):
        for name, alarm in ALARMS.items():
            for actions in (alarm["AlarmActions"], alarm["OKActions"]):
                self.assertEqual(actions["Fn::If"][:2], ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}]], name)


class Dashboard(unittest.TestCase):
    def test_its_metrics_are_ones_that_are_emitted_with_these_dimensions(self):
        for widget in widgets():
            for metric in widget["properties"]["metrics"]:
                if metric[0] == "GmcSync":
                    self.assertIn(frozenset(metric[2::2]), emitted()[metric[1]], widget["properties"]["title"])

    def test_what_it_searches_for_is_emitted_with_these_dimensions(self):
        found = re.findall(r"\{GmcSync,([\w,]+)\} MetricName=\"(\w+)\"", str(widgets()).replace("\\", ""))
        self.assertTrue(found)
        for names, metric in found:
            self.assertIn(frozenset(names.split(",")), emitted()[metric])

    def test_it_shows_every_metric_of_ours(self):
        shown = str(widgets())
        for metric in emitted():
            self.assertIn(metric, shown)

    def test_its_queues_and_functions_are_those_of_the_stack(self):
        names = {
            resource["QueueName"]["Fn::Sub"] for resource in QUEUES.values()
        } | {function["FunctionName"]["Fn::Sub"] for function in FUNCTIONS.values()}
        for widget in widgets():
            for metric in widget["properties"]["metrics"]:
                if metric[0] in ("AWS/SQS", "AWS/Lambda"):
                    self.assertIn(metric[3], names)


class Metrics(unittest.TestCase):
    def test_the_table_has_the_metrics_that_the_code_has(self):
        [declared] = re.findall(r"^metrics! \{(.*?)^\}", sources("shared/sync/src"), re.DOTALL | re.MULTILINE)
        self.assertEqual(set(emitted()), set(re.findall(r'^ +(\w+) "\w+",$', declared, re.MULTILINE)))

    def test_every_metric_of_the_table_is_emitted_somewhere(self):
        text = sources("functions", "shared/lambda/src", "shared/sync/src")
        for metric in emitted():
            self.assertTrue(f"Metric::{metric}" in text, f"nobody emits {metric}")


if __name__ == "__main__":
    unittest.main()
