"""Runs the built functions under `sam local`: every event of events/, then a night of one body, begun through the API."""

import argparse
import json
import pathlib
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

from expect import differs
from local import ROOT, Local

HERE = pathlib.Path(__file__).resolve().parent


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
            _, log = local.invoke_event(before)
            if difference := logged(expected[before], log):
                checks.check(f"{before}, before {name}", difference, log)
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
    return logged(expected, log)


def logged(expected, log):
    """What is wrong with a log: what `logs` or `errors` expect is missing, or it has another error.

    The stand-in for Lambda marks its own errors with `[ERROR]`.
    """
    errors = [line for line in log.splitlines() if re.search(r'"level":\s*"ERROR"|\[ERROR\]', line)]
    wanted = expected.get("errors", [])
    missing = [pattern for pattern in wanted if not any(re.search(pattern, line) for line in errors)]
    if not re.search(expected.get("logs", ""), log):
        missing.append(expected["logs"])
    if missing:
        return f"nothing like {missing[0]!r} was logged"
    unexpected = [line for line in errors if not any(re.search(pattern, line) for pattern in wanted)]
    return f"an error was logged: {unexpected[0]}" if unexpected else None


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
    # the container that served it has been stopped as well
    log = (local.work / "api.log").read_text()
    checks.check("the log of the API", logged({}, log), log)


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
        for function in local.queues:
            batch = local.receive(function)
            if not batch:
                continue
            rounds += 1
            quiet = 0
            event = local.work / "messages.json"
            event.write_text(json.dumps({"Records": batch}))
            answer, log = local.invoke(function, event)
            difference = differs({"batchItemFailures": []}, answer) or logged({}, log)
            checks.check(f"{len(batch)} waiting for {function}", difference, log)
            for message in batch:
                local.delete(function, message["receiptHandle"])


def main():
    parser = argparse.ArgumentParser()
    names = "host architecture image built cli mongodb opensearch sqs simulator-path body work"
    for name in names.split():
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
