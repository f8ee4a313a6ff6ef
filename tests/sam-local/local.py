"""`sam local` with the functions' settings for engines of this machine."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.request
import uuid

import boto3
from samcli.yamlhelper import yaml_dump, yaml_parse

import aws

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEDULE_PARAMETER = "/tis/revalidation/preprod/recommendation/cron/nightlysync"

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
    """The engines' addresses, the queues, and `sam local` with the functions' settings for them.

    A function is named as its folder in events/, which is its binary's name.
    """

    def __init__(self, args, work):
        self.args = args
        self.work = work
        self.built = pathlib.Path(args.built)
        template = yaml_parse((self.built / "template.yaml").read_text())
        # to each function's name in the template
        self.functions = {
            resource["Metadata"]["BuildProperties"]["Binary"]: name
            for name, resource in template["Resources"].items()
            if resource["Type"] == "AWS::Serverless::Function"
        }
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
        self.queues = {function: self._queue(function) for function in self.functions if function != "follow-schedule"}
        self.overrides = {**OVERRIDES, "Architecture": args.architecture}
        self.template = self._template(template)
        self.shell = self._shell(template)
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

    def _template(self, template):
        """Writes the template with the addresses of the local services: `-n` sets only variables that a template has."""
        local = {
            "AWS_ENDPOINT_URL_SQS": self.args.sqs,
            "AWS_ENDPOINT_URL_SSM": self.services.url,
            "AWS_ENDPOINT_URL_EVENTBRIDGE": self.services.url,
        }
        for name in self.functions.values():
            properties = template["Resources"][name]["Properties"]
            properties["Environment"]["Variables"].update(local)
            # the template lies elsewhere than the build
            properties["CodeUri"] = str(self.built / name)
        path = self.work / "template.yaml"
        path.write_text(yaml_dump(template))
        return path

    def _shell(self, template):
        """Our environment without the functions' variables, which `sam local` would prefer to the template's."""
        names = {
            name
            for resource in template["Resources"].values()
            for name in resource.get("Properties", {}).get("Environment", {}).get("Variables", {})
        }
        return {name: value for name, value in os.environ.items() if name not in names}

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
        for function, url in self.queues.items():
            attribute = "ApproximateNumberOfMessages"
            attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])["Attributes"]
            if count := int(attributes[attribute]):
                counts[function] = count
        return counts

    def forget_messages(self):
        for url in self.queues.values():
            self.sqs.purge_queue(QueueUrl=url)

    def invoke_event(self, name):
        """Invokes the function of a file of events/ on it."""
        return self.invoke(name.split("/")[0], ROOT / "events" / name)

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
        for function, url in self.queues.items():
            everything[function.upper().replace("-", "_") + "_QUEUE_URL"] = url
        path = self.work / "environment.json"
        path.write_text(json.dumps({"Parameters": everything}))
        return path

    def _sam(self, *command):
        overrides = " ".join(f"{name}={value}" for name, value in self.overrides.items())
        return [
            "sam", "local", *command,
            "--template", str(self.template),
            "--env-vars", str(self.environment()),
            "--parameter-overrides", overrides,
            "--invoke-image", self.args.image,
            "--skip-pull-image",
        ]  # fmt: skip

    def invoke(self, function, event):
        """What the function answered, and what it logged. `sam local invoke` ends with 0 also when the function failed."""
        done = subprocess.run(
            self._sam("invoke", self.functions[function], "--event", str(event)),
            env=self.shell,
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
        process = subprocess.Popen(command, env=self.shell, stdout=log, stderr=log)
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

    def receive(self, function):
        """The messages that wait for a function, as Lambda would give them to it."""
        url = self.queues[function]
        received = self.sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=1 if function == "gmc-fetch" else 10,
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
                "eventSourceARN": f"arn:aws:sqs:eu-west-2:123456789012:{self.prefix}{function}",
                "awsRegion": "eu-west-2",
            }
            for message in received.get("Messages", [])
        ]

    def delete(self, function, receipt):
        self.sqs.delete_message(QueueUrl=self.queues[function], ReceiptHandle=receipt)
