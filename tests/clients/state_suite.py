#!/usr/bin/env python3
"""States in buckets and on servers: two writers at once, runners that are killed or stopped, servers that lie or refuse.

Usage: state_suite.py PROGRAM    (the built cachestack; exits non-zero where anything is wrong)
"""
import base64
import http.client
import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

import boto3
from moto.server import ThreadedMotoServer

PROGRAM = os.path.abspath(sys.argv[1])
SECRET = "a-password-that-nobody-may-see"

STACK = """
environment "local" {
  endpoint = "emulator"
  region   = "us-east-1"
  state    = "STATE"
  EXTRA
}

variable "count" { default = 12 }

parameter_group "p" {
  count  = var.count
  name   = "p-${count.index}"
  family = "redis7"
}

replication_group "r" {
  replication_group_id       = "r"
  description                = "Kept elsewhere"
  engine_version             = "7.1"
  node_type                  = "cache.t4g.micro"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  parameter_group_name       = parameter_group.p[0].name
  transit_encryption_enabled = true
  auth_token                 = secret("env:TOKEN")
}

output "count" { value = var.count }
"""


class Stack:
    """A directory with a stack whose state is elsewhere."""

    def __init__(self, state, extra="", **env):
        self.folder = tempfile.mkdtemp()
        with open(os.path.join(self.folder, "main.hcl"), "w") as file:
            file.write(STACK.replace("STATE", state).replace("EXTRA", extra))
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
        self.env |= {"AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "x", "HOME": self.folder,
                     "AWS_EC2_METADATA_DISABLED": "true", "TOKEN": SECRET, "HOSTNAME": "runner"} | env

    def start(self, *args, **env):
        return subprocess.Popen([PROGRAM, "-C", self.folder, *args], env=self.env | env, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *args, expect=0, says="", **env):
        process = self.start(*args, **env)
        out, err = process.communicate(timeout=120)
        text = out + err
        assert SECRET not in text, "a secret is shown"
        assert process.returncode == expect, "%s: exit %s, not %s\n%s" % (args, process.returncode, expect, text)
        assert says in text, "%s does not say %r:\n%s" % (args, says, text)
        return text

    def apply(self, **more):
        return self.run("apply", "--auto-approve", **more)

    def empty_plan(self):
        self.run("plan", "--detailed-exitcode", says="No changes")


class Bucket:
    """What lies in a bucket of moto's S3."""

    def __init__(self, url):
        self.client = boto3.client("s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="123456789012",
                                   aws_secret_access_key="x")
        self.client.create_bucket(Bucket="states")

    def objects(self, prefix):
        found = self.client.list_objects_v2(Bucket="states", Prefix=prefix).get("Contents", [])
        return {one["Key"]: self.client.get_object(Bucket="states", Key=one["Key"])["Body"].read() for one in found}


def lock_of(text):
    # The options of the run stand before it.
    return text.split("cachestack force-unlock ")[1].splitlines()[0].split()[-1]


def begun(stack):
    """Waits until a run has made something; the emulator takes its time."""
    world = os.path.join(stack.folder, ".cachestack", "local", "emulator.json")
    for _ in range(600):
        if os.path.exists(world) and b"p-3" in open(world, "rb").read():
            return
        time.sleep(0.02)
    raise AssertionError("the run makes nothing")


def life(state, kept):
    """Apply, plan, change, destroy; nothing of it beside the stack, no secret anywhere, and the lock gone."""
    stack = Stack(state)
    stack.apply()
    stack.empty_plan()
    stack.run("output", says="12")
    stack.run("state", "list", says="parameter_group.p[11]")
    stack.run("apply", "--auto-approve", "--var", "count=10", "--allow-destroy", "all", says="2 destroyed")
    beside = os.listdir(os.path.join(stack.folder, ".cachestack", "local"))
    assert "state.json" not in beside and "journal" not in beside, beside
    for name, body in kept().items():
        assert SECRET.encode() not in body, "a secret in " + name
        assert "lock" not in name and "journal" not in name, name
    # By hand.
    stack.run("state", "mv", "parameter_group.p[9]", "parameter_group.q", "--dry-run", says="1 would be moved")
    stack.run("state", "mv", "parameter_group.p[9]", "parameter_group.q", says="1 moved")
    stack.run("state", "mv", "parameter_group.q", "parameter_group.p[8]", expect=1, says="already")
    pulled = stack.run("state", "pull")
    stack.run("state", "rm", "parameter_group.q", says="1 let go")
    path = os.path.join(stack.folder, "pulled.json")
    with open(path, "w") as file:
        file.write(pulled)
    stack.run("state", "push", "pulled.json", expect=3, says="older")
    stack.run("state", "push", "pulled.json", "--force", says="Pushed")
    stack.run("state", "mv", "parameter_group.q", "parameter_group.p[9]", says="1 moved")
    stack.run("plan", "--detailed-exitcode", "--var", "count=10", says="No changes")
    stack.run("destroy", "--auto-approve", "--var", "count=10", says="11 destroyed")


def logged(state, asked):
    """Requests for the state are in the log like all others, without what is in them."""
    stack = Stack(state)
    stack.run("apply", "--auto-approve", "--log", "calls.jsonl")
    with open(os.path.join(stack.folder, "calls.jsonl")) as file:
        text = file.read()
    assert SECRET not in text and "serial" not in text and "/env" not in text, text
    lines = [json.loads(line) for line in text.splitlines()]
    seen = {(line["service"], line["operation"], line.get("region")) for line in lines}
    assert asked <= seen, seen
    assert all("status" in line and "duration_ms" in line for line in lines), text
    stack.run("destroy", "--auto-approve")


def killed(state):
    """A run that is killed keeps its lock; whoever takes it away goes on, and nothing is made twice."""
    stack = Stack(state)
    run = stack.start("apply", "--auto-approve", CACHESTACK_EMULATOR_SPEED="1000x")
    begun(stack)
    run.kill()
    run.communicate()
    locked = stack.apply(expect=4, says="of runner")
    stack.run("force-unlock", "another", "--force", expect=1)
    stack.run("force-unlock", lock_of(locked), expect=1, says="left as it is")
    stack.run("force-unlock", lock_of(locked), "--force", says="The lock is gone")
    stack.apply()
    stack.empty_plan()
    stack.run("destroy", "--auto-approve", says="13 destroyed")


def raced(state):
    """Of runs that begin at once one works, and the others say who it is, or wait for it."""
    stack = Stack(state)
    runs = [stack.start("apply", "--auto-approve") for _ in range(4)]
    codes = sorted(run.wait(120) for run in runs)
    assert codes[0] == 0 and set(codes) <= {0, 4}, codes
    runs = [stack.start("apply", "--auto-approve", "--lock-timeout", "60s", "--var", "count=%d" % n) for n in (13, 13)]
    assert [run.wait(120) for run in runs] == [0, 0]
    stack.run("destroy", "--auto-approve", "--var", "count=13", says="14 destroyed")


def sealed(state, kept):
    """Keys come, change and go, and nothing can be read without them."""
    keys = {name: base64.b64encode(os.urandom(32)).decode() for name in ("KEY", "OTHER")}
    stack = Stack(state, 'state_key = secret("env:KEY")', **keys)
    stack.apply()
    stack.empty_plan()
    assert all(b"parameter_group" not in body for body in kept().values()), "not encrypted"
    stack.run("plan", expect=1, says="is not there", KEY="")
    stack.run("plan", expect=1, says="none of the keys", KEY=keys["OTHER"])
    stack.run("plan", expect=1, says="32 bytes", KEY="short")

    def edit(before, after):
        path = os.path.join(stack.folder, "main.hcl")
        text = open(path).read()
        with open(path, "w") as file:
            file.write(text.replace(before, after))

    edit('state_key = secret("env:KEY")', "")
    stack.run("plan", expect=1, says="state_key")
    edit('"us-east-1"\n', '"us-east-1"\n state_key = secret("env:OTHER")\n former_state_keys = [secret("env:KEY")]\n')
    stack.empty_plan()
    stack.run("apply", "--auto-approve", "--var", "count=11", "--allow-destroy", "all")
    edit(' former_state_keys = [secret("env:KEY")]\n', "")
    stack.run("plan", "--detailed-exitcode", "--var", "count=11")
    edit('state_key = secret("env:OTHER")', 'former_state_keys = [secret("env:OTHER")]')
    stack.run("apply", "--auto-approve", "--var", "count=10", "--allow-destroy", "all")
    edit('former_state_keys = [secret("env:OTHER")]', "")
    stack.run("destroy", "--auto-approve", "--var", "count=10", says="11 destroyed")


def beside(bucket, url):
    """Ours lies beside the state of Terraform, which is left as it is to the byte."""
    theirs = b'{"version": 4, "terraform_version": "1.11.4", "serial": 3, "lineage": "a", "resources": []}'
    bucket.client.put_object(Bucket="states", Key="net/prod.tfstate", Body=theirs)
    stack = Stack("backend", """
}

terraform {
  backend "s3" {
    bucket = "states"
    key    = "net/prod.tfstate"
    region = "us-east-1"
  }
""", AWS_ENDPOINT_URL_S3=url)
    stack.apply()
    stack.empty_plan()
    stack.run("destroy", "--auto-approve")
    kept = bucket.objects("net/")
    assert kept.pop("net/prod.tfstate") == theirs
    assert set(kept) == {"net/prod.tfstate.cachestack/local/state.json",
                         "net/prod.tfstate.cachestack/local/state.json.backup"}, kept


class Keeper(http.server.BaseHTTPRequestHandler):
    """An http backend with locks, as Terraform's documentation describes it."""

    documents, locks, wants = {}, {}, None

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_one(self, method):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path, _, query = self.path.partition("?")
        if self.wants and self.headers.get("Authorization") != self.wants:
            return self.answer(401)
        lock = self.locks.get(path)
        if method == "GET":
            found = self.documents.get(path)
            return self.answer(200, found) if found else self.answer(404)
        if method == "POST":
            if lock and "ID=" + json.loads(lock)["ID"] not in query:
                return self.answer(409)
            self.documents[path] = body
            return self.answer(200)
        if method == "LOCK":
            if lock:
                return self.answer(423, lock)
            self.locks[path] = body
            return self.answer(200)
        if method == "UNLOCK":
            if lock and body and json.loads(body)["ID"] != json.loads(lock)["ID"]:
                return self.answer(409)
            self.locks.pop(path, None)
            return self.answer(200)
        return self.answer(405)

    def do_GET(self):
        self.handle_one("GET")

    def do_POST(self):
        self.handle_one("POST")

    def do_LOCK(self):
        self.handle_one("LOCK")

    def do_UNLOCK(self):
        self.handle_one("UNLOCK")

    def log_message(self, *_):
        pass


class Liar(http.server.BaseHTTPRequestHandler):
    """A bucket that takes every put, whatever it is said to follow; or one that refuses everything."""

    status, kept = 200, {}

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.kept[self.path] = body
        self.tell(self.status)

    def do_DELETE(self):
        self.kept.pop(self.path, None)
        self.tell(204 if self.status == 200 else self.status)

    def do_GET(self):
        self.tell(404 if self.status == 200 else self.status)

    def tell(self, status):
        body = b"<Error><Code>AccessDenied</Code><Message>Not you.</Message></Error>" if status == 403 else b""
        if status == 404:
            body = b"<Error><Code>NoSuchKey</Code><Message>None.</Message></Error>"
        self.send_response(status)
        self.send_header("ETag", '"e"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Cutter(http.server.BaseHTTPRequestHandler):
    """The way to a bucket on which every third connection is cut, when what was asked for is done already."""

    target, count, cut = None, 0, 0

    def forward(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else None
        connection = http.client.HTTPConnection("127.0.0.1", Cutter.target)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        data = answer.read()
        Cutter.count += 1
        if Cutter.count % 3 == 0:
            Cutter.cut += 1
            self.close_connection = True
            return self.connection.shutdown(socket.SHUT_RDWR)
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = forward

    def log_message(self, *_):
        pass


def serve(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d" % server.server_port


def main():
    moto = ThreadedMotoServer(port=0)
    moto.start()
    url = "http://127.0.0.1:%d" % moto.get_host_and_port()[1]
    bucket = Bucket(url)
    place = "s3://states/%s?region=us-east-1&endpoint=" + url
    life(place % "life", lambda: bucket.objects("life"))
    logged(place % "logged", {("s3", "GetObject", "us-east-1"), ("s3", "PutObject", "us-east-1"),
                              ("s3", "ListObjectsV2", "us-east-1"), ("elasticache", "CreateReplicationGroup", "us-east-1")})
    killed(place % "killed")
    raced(place % "raced")
    sealed(place % "sealed", lambda: bucket.objects("sealed"))
    beside(bucket, url)
    Cutter.target = moto.get_host_and_port()[1]
    life("s3://states/cut?region=us-east-1&endpoint=" + serve(Cutter), dict)
    assert Cutter.cut > 20, Cutter.cut
    none = "s3://nothing/p?region=us-east-1&endpoint=" + url
    Stack(none).run("plan", expect=1, says="NoSuchBucket")
    Stack(none).apply(expect=1, says="NoSuchBucket")
    # Something else lies where the state should be.
    bucket.client.put_object(Bucket="states", Key="foreign/local/state.json", Body=b"not ours")
    Stack(place % "foreign").apply(expect=1, says="s3://states/foreign/local/state.json")

    liar = serve(Liar)
    Stack("s3://b/p?region=us-east-1&endpoint=" + liar).apply(expect=1, says="does not heed If-None-Match")
    Liar.status = 403
    Stack("s3://b/p?region=us-east-1&endpoint=" + liar).apply(expect=1, says="AccessDenied: Not you.")

    keeper = serve(Keeper)
    life(keeper + "/states", lambda: Keeper.documents)
    logged(keeper + "/logged", {("127.0.0.1", "GET", None), ("127.0.0.1", "POST", None)})
    killed(keeper + "/killed")
    raced(keeper + "/raced")
    Keeper.documents.clear()
    sealed(keeper + "/sealed", lambda: Keeper.documents)
    Keeper.wants = "Basic " + base64.b64encode(b"me:word").decode()
    Stack(keeper + "/asked").run("plan", expect=1, says="TF_HTTP_USERNAME")
    Stack(keeper + "/asked", TF_HTTP_USERNAME="me", TF_HTTP_PASSWORD="word").run("plan", says="Plan")
    Keeper.wants = None
    Keeper.documents["/tf/local"] = b'{"version":4,"terraform_version":"1.11.4"}'
    Stack(keeper + "/tf").run("plan", expect=1, says="a state of Terraform")
    Stack("http://127.0.0.1:9/none").run("plan", expect=1, says="127.0.0.1:9")
    print("states are kept elsewhere")


main()
