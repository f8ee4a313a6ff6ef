"""Queues, what feeds functions from them, and the times that must add up."""

import unittest

from stack import largest, of_type, parameters, ref, sub

QUEUES = of_type("AWS::SQS::Queue")
FUNCTIONS = of_type("AWS::Lambda::Function")
MAPPINGS = of_type("AWS::Lambda::EventSourceMapping")

WORKING = {name: queue for name, queue in QUEUES.items() if "RedrivePolicy" in queue}
RESTING = {name: queue for name, queue in QUEUES.items() if "RedrivePolicy" not in queue}


def function_of(queue):
    """The function that is fed from a queue."""
    [mapping] = [one for one in MAPPINGS.values() if ref(one["EventSourceArn"]) == queue]
    return ref(mapping["FunctionName"])


def worst_case(name):
    """For how many seconds a message may go round when whoever receives it is killed each time."""
    queue = QUEUES[name]
    return largest(queue["RedrivePolicy"]["maxReceiveCount"]) * queue["VisibilityTimeout"]


class Queues(unittest.TestCase):
    def test_there_is_a_queue_in_front_of_each_stage(self):
        self.assertEqual(
            set(WORKING), {"PrepareSyncQueue", "GmcFetchQueue", "RecommendationUpdateQueue", "ConnectionIndexQueue"}
        )

    def test_every_queue_is_encrypted(self):
        for name, queue in QUEUES.items():
            self.assertIs(queue.get("SqsManagedSseEnabled"), True, name)

    def test_every_queue_has_dead_letters_of_its_own_which_take_nothing_else(self):
        for name, queue in WORKING.items():
            dead = ref(queue["RedrivePolicy"]["deadLetterTargetArn"])
            self.assertEqual(dead, name.removesuffix("Queue") + "DeadLetters")
            allow = QUEUES[dead]["RedriveAllowPolicy"]
            self.assertEqual(allow["redrivePermission"], "byQueue")
            [source] = allow["sourceQueueArns"]
            self.assertTrue(sub(source).endswith(":" + sub(queue["QueueName"])), dead)

    def test_dead_letters_are_kept_for_14_days_and_longer_than_they_could_live_before(self):
        # the age of a message counts from when it was sent first
        self.assertEqual(len(RESTING), len(WORKING) + 1)
        for name, queue in RESTING.items():
            self.assertEqual(queue["MessageRetentionPeriod"], 14 * 24 * 3600, name)
        for name, queue in WORKING.items():
            self.assertLess(queue["MessageRetentionPeriod"], 14 * 24 * 3600, name)

    def test_a_message_is_hidden_for_six_times_the_timeout_of_its_function(self):
        for name, queue in WORKING.items():
            timeout = FUNCTIONS[function_of(name)]["Timeout"]
            if name == "GmcFetchQueue":
                # so that the fetch of a killed function is soon another's
                self.assertEqual(queue["VisibilityTimeout"], timeout + 60)
            else:
                self.assertGreaterEqual(queue["VisibilityTimeout"], 6 * timeout, name)

    def test_the_receive_count_is_one_value_for_all_queues_and_for_the_function_that_must_know_it(self):
        for name, queue in WORKING.items():
            self.assertEqual(queue["RedrivePolicy"]["maxReceiveCount"], {"Ref": "MaxReceives"}, name)
        variables = FUNCTIONS["GmcFetch"]["Environment"]["Variables"]
        self.assertEqual(variables["MAX_RECEIVES"], {"Ref": "MaxReceives"})
        self.assertGreaterEqual(min(parameters()["MaxReceives"]["AllowedValues"]), 5)

    def test_all_receives_of_a_message_end_before_the_deadline_of_the_run(self):
        deadline = parameters()["RunDeadlineMinutes"]["MinValue"] * 60
        for name in WORKING:
            self.assertLess(worst_case(name), deadline, name)

    def test_all_receives_of_a_fetch_end_before_fetching_is_given_up(self):
        give_up = (parameters()["RunDeadlineMinutes"]["MinValue"] - 15) * 60
        self.assertLess(worst_case("GmcFetchQueue"), give_up)

    def test_a_call_to_the_gmc_leaves_a_minute_for_sending_what_came(self):
        function = FUNCTIONS["GmcFetch"]
        call = int(function["Environment"]["Variables"]["GMC_TOTAL_TIMEOUT_SECONDS"])
        self.assertLessEqual(call + 60, function["Timeout"])


class Mappings(unittest.TestCase):
    def test_every_queue_feeds_the_function_of_its_name(self):
        self.assertEqual(len(MAPPINGS), len(WORKING))
        for name in WORKING:
            self.assertEqual(function_of(name), name.removesuffix("Queue"))

    def test_only_the_messages_that_failed_come_again(self):
        for name, mapping in MAPPINGS.items():
            self.assertEqual(mapping["FunctionResponseTypes"], ["ReportBatchItemFailures"], name)

    def test_the_gmc_is_asked_for_one_body_a_message_and_for_2_to_5_at_a_time(self):
        mapping = MAPPINGS["GmcFetchMessages"]
        self.assertEqual(mapping["BatchSize"], 1)
        self.assertEqual(mapping["ScalingConfig"]["MaximumConcurrency"], {"Ref": "GmcConcurrency"})
        declared = parameters()["GmcConcurrency"]
        self.assertEqual((declared["MinValue"], declared["MaxValue"]), (2, 5))

    def test_what_runs_at_once_is_bounded_everywhere(self):
        for name, mapping in MAPPINGS.items():
            self.assertGreaterEqual(largest(mapping["ScalingConfig"]["MaximumConcurrency"]), 2, name)
            self.assertLessEqual(mapping["BatchSize"], 10, name)
            self.assertEqual(mapping["MaximumBatchingWindowInSeconds"], 0, name)


if __name__ == "__main__":
    unittest.main()
