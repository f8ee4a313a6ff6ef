"""Runs the built functions under `sam local`: every event of events/, then a night of one body, begun through the API."""

import argparse
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import boto3
from samcli.yamlhelper import yaml_dump, yaml_parse

import aws
from expect import differs

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
BUILT = ROOT / ".aws-sam/build/template.yaml"
SCHEDULE_PARAMETER = "/tis/revalidation/preprod/recommendation/cron/nightlysync"

# folder of events/ to the function's name in the template
FUNCTIONS = {
    "prepare-sync": "PrepareSync",
    "gmc-fetch": "GmcFetch",
    "recommendation-update": "RecommendationUpdate",
    "connection-index": "ConnectionIndex",
    "follow-schedule": "FollowSchedule",
}
# what the template has no default for, and sam local does not look at
OVERRIDES = {
    "Environment": "preprod",
    "SubnetIds": "subnet-1",
    "SecurityGroupIds": "sg-1",
    "MongodbUriParameter": "/unused",
    "GmcUsernameParameter": "/unused",
    "GmcPasswordParameter": "/unused",
    "GmcInternalUserParameter": "/unused",
    "ScheduleParameter": SCHEDULE_PARAMETER,
    "OpenSearchUrl": "http://unused",
    "OpenSearchAuth": "none",
}


class Local:
    """The engines' addresses, the queues, and `sam local` with the functions' settings for them."""

    def __init__(self, args, work):
        self.args = args
        self.work = work
        self.services = aws.Services(args.host, {SCHEDULE_PARAMETER: "0 5 0 * * MON-FRI"})
        self.gmc = f"http://{args.host}:{aws.forward(args.host, args.simulator_port)}{args.simulator_path}"
        self.sqs = boto3.client(
            "sqs",
            endpoint_url=args.sqs,
            region_name="eu-west-2",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        self.prefix = f"local{uuid.uuid4().hex[:8]}-"
        self.queues = {folder: self._queue(folder) for folder in FUNCTIONS if folder != "follow-schedule"}
        self.overrides = {**OVERRIDES, "Architecture": args.architecture}
        self.template = self._template()
        self.databases = 0
        self.fresh_database()

    def _queue(self, name):
        dead = self.sqs.create_queue(QueueName=f"{self.prefix}{name}-dead-letters")["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
        redrive = {"deadLetterTargetArn": attributes["QueueArn"], "maxReceiveCount": "5"}
        created = self.sqs.create_queue(
            QueueName=f"{self.prefix}{name}",
            Attributes={"VisibilityTimeout": "60", "RedrivePolicy": json.dumps(redrive)},
        )
        return created["QueueUrl"]

    def _template(self):
        """The built template with the addresses of the local services: `-n` sets only variables that a template has."""
        template = yaml_parse(BUILT.read_text())
        local = {
            "AWS_ENDPOINT_URL_SQS": self.args.sqs,
            "AWS_ENDPOINT_URL_SSM": self.services.url,
            "AWS_ENDPOINT_URL_EVENTBRIDGE": self.services.url,
        }
        for name in FUNCTIONS.values():
            properties = template["Resources"][name]["Properties"]
            properties["Environment"]["Variables"].update(local)
            # the template lies elsewhere than the build
            properties["CodeUri"] = str(BUILT.parent / name)
        path = self.work / "template.yaml"
        path.write_text(yaml_dump(template))
        return path

    def fresh_database(self):
        """Every event finds a database and a ledger in which nothing has happened yet."""
        self.databases += 1
        self.database = f"{self.prefix}{self.databases}".replace("-", "")
        env = {
            "MONGODB_URI": self.args.mongodb,
            "MONGODB_DATABASE": self.database,
            "OPENSEARCH_URL": self.args.opensearch,
            "OPENSEARCH_AUTH": "none",
            "OPENSEARCH_INDEX_PREFIX": self.prefix,
        }
        made = subprocess.run(
            [self.args.cli, "setup"], env={**os.environ, **env}, capture_output=True, text=True, check=False
        )
        if made.returncode != 0:
            raise SystemExit(f"gmc-sync setup ended with {made.returncode}:\n{made.stdout}{made.stderr}")

    def begin_anew(self):
        """As if nothing had happened yet."""
        self.fresh_database()
        self.services.as_deployed()

    def waiting(self):
        """How many messages wait for which function."""
        counts = {}
        for folder, url in self.queues.items():
            attribute = "ApproximateNumberOfMessages"
            attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])["Attributes"]
            if count := int(attributes[attribute]):
                counts[folder] = count
        return counts

    def forget_messages(self):
        for url in self.queues.values():
            self.sqs.purge_queue(QueueUrl=url)

    def invoke_event(self, name):
        """Invokes the function of a file of events/ on it."""
        return self.invoke(FUNCTIONS[name.split("/")[0]], ROOT / "events" / name)

    def environment(self):
        """The file for `-n`."""
        everything = {
            "ENVIRONMENT": "preprod",
            "LOG_LEVEL": "info",
            "MONGODB_URI": self.args.mongodb,
            "MONGODB_DATABASE": self.database,
            "OPENSEARCH_URL": self.args.opensearch,
            "OPENSEARCH_AUTH": "none",
            "OPENSEARCH_INDEX_PREFIX": self.prefix,
            "NIGHTLY_MODE": "live",
            "GMC_URL": self.gmc,
            "GMC_USERNAME": "simulator",
            "GMC_PASSWORD": os.environ["GMC_PASSWORD"],
            "GMC_INTERNAL_USER": "sam-local",
            "SCHEDULE_PARAMETER": SCHEDULE_PARAMETER,
            "SCHEDULE_RULE": "nightly",
        }
        for folder, url in self.queues.items():
            everything[folder.upper().replace("-", "_") + "_QUEUE_URL"] = url
        path = self.work / "environment.json"
        path.write_text(json.dumps({"Parameters": everything}))
        return path

    def _shell(self):
        """Our environment without the functions' variables, which `sam local` would prefer to the template's."""
        declared = yaml_parse(BUILT.read_text())["Resources"].values()
        names = {
            name
            for resource in declared
            for name in resource.get("Properties", {}).get("Environment", {}).get("Variables", {})
        }
        return {name: value for name, value in os.environ.items() if name not in names}

    def _sam(self, *command):
        overrides = " ".join(f"{name}={value}" for name, value in self.overrides.items())
        return [
            "sam", "local", *command,
            "--template", str(self.template),
            "--env-vars", str(self.environment()),
            "--parameter-overrides", overrides,
            "--skip-pull-image",
        ]  # fmt: skip

    def invoke(self, function, event):
        """What the function answered, and what it logged. `sam local invoke` ends with 0 also when the function failed."""
        done = subprocess.run(
            self._sam("invoke", function, "--event", str(event)),
            env=self._shell(),
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        try:
            return json.loads(lines[-1]), done.stderr
        except (IndexError, ValueError):
            return {"nothing was answered": done.stdout}, done.stderr

    @contextlib.contextmanager
    def api(self):
        """`sam local start-api`; gives its address."""
        port = 3000 + os.getpid() % 1000
        log = (self.work / "api.log").open("w")
        command = self._sam("start-api", "--port", str(port), "--warm-containers", "LAZY")
        process = subprocess.Popen(command, env=self._shell(), stdout=log, stderr=log)
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(address, timeout=1)
                except urllib.error.HTTPError:
                    break
                except OSError:
                    if process.poll() is not None:
                        break
                    time.sleep(0.2)
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()

    def receive(self, folder):
        """The messages that wait for a function, as Lambda would give them to it."""
        url = self.queues[folder]
        received = self.sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=1 if folder == "gmc-fetch" else 10,
            AttributeNames=["All"],
            WaitTimeSeconds=1,
        )
        return [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "messageAttributes": {},
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:eu-west-2:123456789012:{self.prefix}{folder}",
                "awsRegion": "eu-west-2",
            }
            for message in received.get("Messages", [])
        ]

    def delete(self, folder, receipt):
        self.sqs.delete_message(QueueUrl=self.queues[folder], ReceiptHandle=receipt)


def request(method, url, body=None):
    """An HTTP call's status and JSON."""
    call = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode())
    call.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(call, timeout=120) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or "null")


class Checks:
    """Counts what was checked, and prints it."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, difference, log=""):
        if difference is None:
            self.passed += 1
            print(f"ok      {name}", flush=True)
            return
        self.failed += 1
        print(f"FAILED  {name}: {difference}", flush=True)
        for line in log.splitlines()[-15:]:
            print(f"        | {line}")


def every_event(local, checks):
    """Invokes each function on each of its events, in a world where only what stands in `after` has happened before."""
    expected = json.loads((HERE / "expected.json").read_text())
    found = {str(path.relative_to(ROOT / "events")) for path in (ROOT / "events").glob("*/*.json")}
    for name in sorted(found ^ set(expected)):
        checks.check(name, "no such event" if name in expected else "nothing is expected of it in expected.json")
    for name in sorted(name for name in found & set(expected) if local.args.only in name):
        local.begin_anew()
        for before in expected[name].get("after", []):
            local.invoke_event(before)
        local.forget_messages()
        answer, log = local.invoke_event(name)
        checks.check(name, first_difference(local, expected[name], answer, log), log)


def first_difference(local, expected, answer, log):
    """The first thing that is not as expected: the answer, what was sent, the rule, the log."""
    rule = {"expression": local.services.rule["ScheduleExpression"], "state": local.services.rule["State"]}
    seen = {"answer": answer, "sent": local.waiting(), "rule": rule}
    # what nobody expects must not have happened
    wanted = {"sent": {}, "rule": {"state": "DISABLED"}, **expected}
    for what, found in seen.items():
        exact = what == "sent" and wanted["sent"] != found
        difference = differs(wanted[what], found, what) or (f"sent is {found}" if exact else None)
        if difference:
            return difference
    if "logs" in expected and not re.search(expected["logs"], log):
        return f"nothing like {expected['logs']!r} was logged"
    return None


def a_night(local, checks):
    """POST v1/admin for one body, then each message through its function until none is left; the run must succeed."""
    local.begin_anew()
    local.forget_messages()
    with local.api() as address:
        status, begun = request("POST", f"{address}/v1/admin", {"bodies": [local.args.body]})
        wanted = {"runId": 1, "bodies": [local.args.body]}
        checks.check("POST v1/admin", differs([202, wanted], [status, begun]), (local.work / "api.log").read_text())
        status, other = request("POST", f"{address}/v1/admin", {})
        checks.check("POST v1/admin while a run goes on", differs([409, {"runId": 1}], [status, other]))

        went_through(local, checks)

        status, report = request("GET", f"{address}/v1/admin/1")
        wanted = {"state": "SUCCEEDED", "bodies": [{"code": local.args.body, "state": "DONE"}]}
        checks.check("GET v1/admin/1", differs([200, wanted], [status, report]))
        checks.check("as many doctors are indexed as the GMC returned", miscounted(local, report))
        status, listed = request("GET", f"{address}/v1/admin")
        checks.check("GET v1/admin", differs([200, [{"run": 1, "state": "SUCCEEDED"}]], [status, listed]))
        status, refused = request("POST", f"{address}/v1/admin/1/abort")
        wanted = [409, {"error": "~run 1 is over"}]
        checks.check("POST v1/admin/1/abort of a run that is over", differs(wanted, [status, refused]))
        status, refused = request("POST", f"{address}/v1/admin", {"bodies": ["1-UNKNOWN"]})
        wanted = [400, {"error": "~1-UNKNOWN is not in the list of bodies"}]
        checks.check("POST v1/admin for an unknown body", differs(wanted, [status, refused]))


def miscounted(local, report):
    """Counts the body's doctors as the connections page does, and says how that differs from the report."""
    if not report.get("bodies"):
        return f"there is no report: {report}"
    returned = report["bodies"][0]["returned"]
    query = urllib.parse.quote(f'designatedBody:"{local.args.body}"')
    address = f"{local.args.opensearch}/{local.prefix}connectedindex"
    request("POST", f"{address}/_refresh")
    _, counted = request("GET", f"{address}/_count?q={query}")
    return None if returned == counted["count"] > 0 else f"{counted['count']} are indexed, {returned} were returned"


def went_through(local, checks):
    """Gives waiting messages to their functions, batch by batch, until nothing waits."""
    rounds = 0
    quiet = 0
    while quiet < 2 and rounds < 60:
        quiet += 1
        for folder in local.queues:
            batch = local.receive(folder)
            if not batch:
                continue
            rounds += 1
            quiet = 0
            event = local.work / "messages.json"
            event.write_text(json.dumps({"Records": batch}))
            answer, log = local.invoke(FUNCTIONS[folder], event)
            checks.check(f"{len(batch)} waiting for {folder}", differs({"batchItemFailures": []}, answer), log)
            for message in batch:
                local.delete(folder, message["receiptHandle"])


def main():
    parser = argparse.ArgumentParser()
    for name in ("host", "architecture", "cli", "mongodb", "opensearch", "sqs", "simulator-path", "body", "work"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--simulator-port", type=int, required=True)
    parser.add_argument("--only", default="", help="only events whose names have this in them")
    args = parser.parse_args()
    local, checks = Local(args, pathlib.Path(args.work)), Checks()
    every_event(local, checks)
    if not args.only:
        a_night(local, checks)
    print(f"{checks.passed} passed, {checks.failed} failed")
    sys.exit(1 if checks.failed or not checks.passed else 0)


if __name__ == "__main__":
    main()
