#!/usr/bin/env python3
"""Reads states of Terraform out of a bucket of moto's S3, through a proxy that computes every signature anew.

Usage: remote_state_suite.py PROGRAM    (the built cachestack; exits non-zero where anything is wrong)
"""
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request

import boto3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from moto.server import ThreadedMotoServer

KEY, SECRET = "123456789012", "not-a-secret"
SEEN = []


def signature(handler, url):
    """The Authorization header that botocore makes for a request with the same signed headers at the same time."""
    signed = handler.headers["Authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    region = handler.headers["Authorization"].split("/")[2]
    request = AWSRequest("GET", url, headers={name: handler.headers[name] for name in signed if name != "host"})
    request.headers["Host"] = handler.headers["Host"]
    request.context["timestamp"] = handler.headers["x-amz-date"]
    auth = S3SigV4Auth(Credentials(KEY, SECRET), "s3", region)
    chosen = HTTPHeaders()
    for name in signed:
        chosen[name] = handler.headers[name]
    auth.headers_to_sign = lambda _: chosen
    string = auth.string_to_sign(request, auth.canonical_request(request))
    return auth.signature(string, request)


class Proxy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = "http://%s%s" % (self.headers["Host"], self.path)
        SEEN.append((self.path, self.headers["Authorization"].split("/")[2],
                     self.headers["Authorization"].endswith("Signature=" + signature(self, url))))
        self.forward(None)

    def do_POST(self):
        self.forward(self.rfile.read(int(self.headers["Content-Length"])))

    def forward(self, body):
        request = urllib.request.Request(self.server.target + self.path, data=body, headers=dict(self.headers))
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            answer = error
        data = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers.get("Content-Type", "text/xml"))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


STACK = """
environment "local" {
  endpoint = "%s"
  region   = "us-east-1"
}

variable "key" { default = "net work/prod+1.tfstate" }

data "terraform_remote_state" "network" {
  backend   = "s3"
  workspace = "default"
  config    = { bucket = "states", key = var.key, region = "eu-west-1", encrypt = true }
}

data "terraform_remote_state" "staging" {
  backend   = "s3"
  workspace = "staging"
  config    = { bucket = "states", key = "app.tfstate", workspace_key_prefix = "spaces" }
}

data "terraform_remote_state" "of_another" {
  backend = "s3"
  config  = { bucket = "states", key = "app.tfstate", profile = "other" }
}

resource "terraform_data" "one" {
  input = data.terraform_remote_state.network.outputs.vpc.id
}

resource "terraform_data" "two" {
  input = data.terraform_remote_state.staging.outputs.name
}
"""


def state(**outputs):
    typed = {"vpc": ["object", {"id": "string"}], "name": "string"}
    return json.dumps({"version": 4, "outputs": {name: {"value": value, "type": typed[name]} for name, value in outputs.items()}})


BACKEND = """
terraform {
  backend "s3" {
    bucket    = "states"
    key       = "theirs.tfstate"
    region    = "us-east-1"
    endpoints = { s3 = "%s" }
  }
}

environment "local" {
  endpoint        = "emulator"
  region          = "us-east-1"
  terraform_state = "%s"
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "terraform_data" "one" {
  input = aws_vpc.main.id
}

resource "aws_cloudwatch_log_group" "slow" {
  name = "/shop/slow"
}
"""


def theirs(program, s3, url):
    """The state that Terraform keeps by its backend: its values, what is taken over of it, and that it stays as it is."""
    instance = lambda **attributes: [{"attributes": attributes}]
    managed = lambda kind, label, **attributes: {
        "mode": "managed", "type": kind, "name": label, "provider": "p", "instances": instance(**attributes)}
    body = json.dumps({"version": 4, "resources": [
        managed("aws_vpc", "main", id="vpc-7"),
        managed("aws_cloudwatch_log_group", "slow", id="/shop/slow", name="/shop/slow")]}).encode()
    s3.put_object(Bucket="states", Key="theirs.tfstate", Body=body)
    with tempfile.TemporaryDirectory() as place:
        env = {"PATH": os.environ["PATH"], "HOME": place, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}

        def stack(text):
            with open(os.path.join(place, "main.tf"), "w") as file:
                file.write(BACKEND % (url, text))

        def run(*words, code=0, **more):
            done = subprocess.run([program, *words], cwd=place, env=env | more, capture_output=True, text=True, timeout=120)
            assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
            return done.stdout + done.stderr

        stack("backend")
        before = len(SEEN)
        assert "CS0305" not in run("validate")
        assert len(SEEN) == before, "validate asks nobody"
        assert '"vpc-7"' in run("plan")
        run("apply", "--auto-approve")
        run("plan", "--detailed-exitcode")
        by_name = {"AWS_ENDPOINT_URL_S3": url, "AWS_REGION": "us-east-1"}
        for text in ["s3://states/theirs.tfstate", "s3://states/theirs.tfstate?endpoint=" + url]:
            stack(text)
            run("plan", "--detailed-exitcode", **by_name)
        for text, why in [("s3://states/none.tfstate", "there is no such object"), ("s3://other/x", "NoSuchBucket")]:
            stack(text)
            said = run("plan", code=1, **by_name)
            assert "`terraform_state` cannot be read: %s" % text in said and why in said, said
        stack("s3://states")
        said = run("validate", code=1)
        assert "CS0357" in said and "names a bucket, and no object in it" in said, said
        stack("backend")
        for at, text in enumerate(["backend", "s3://states/theirs.tfstate"]):
            run("state", "rm", "log_group.slow")
            said = run("import", "--from-tfstate", text, "--removed-out", "removed-%d.txt" % at, **by_name)
            assert "1 imported" in said, said
        run("plan", "--detailed-exitcode")
        said = run("import", "--from-tfstate", "s3://states/none", "--removed-out", "none.txt", code=1, **by_name)
        assert "there is no such object" in said, said
    assert s3.get_object(Bucket="states", Key="theirs.tfstate")["Body"].read() == body


def main():
    program = os.path.abspath(sys.argv[1])
    moto = ThreadedMotoServer("127.0.0.1", 0)
    moto.start()
    target = "http://%s:%s" % moto.get_host_and_port()
    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    proxy.target = target
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    url = "http://127.0.0.1:%d" % proxy.server_address[1]
    s3 = boto3.client("s3", endpoint_url=target, region_name="us-east-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET)
    s3.create_bucket(Bucket="states")
    s3.put_object(Bucket="states", Key="net work/prod+1.tfstate", Body=state(vpc={"id": "vpc-1"}))
    s3.put_object(Bucket="states", Key="spaces/staging/app.tfstate", Body=state(name="staging"))
    with tempfile.TemporaryDirectory() as place:
        env = {"PATH": os.environ["PATH"], "HOME": place, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}

        def run(*words, code=0):
            done = subprocess.run([program, *words], cwd=place, env=env, capture_output=True, text=True, timeout=120)
            assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
            return done.stdout + done.stderr

        with open(os.path.join(place, "main.hcl"), "w") as file:
            file.write(STACK % url)
        run("apply", "--auto-approve")
        run("plan", "--detailed-exitcode")
        text = run("state", "show", "terraform_data.one") + run("state", "show", "terraform_data.two")
        assert "vpc-1" in text and "staging" in text, text
        assert SEEN and all(good for _, _, good in SEEN), SEEN
        assert ("/states/net%20work/prod%2B1.tfstate", "eu-west-1", True) in SEEN, SEEN
        s3.put_object(Bucket="states", Key="net work/prod+1.tfstate", Body=state(vpc={"id": "vpc-2"}))
        assert "vpc-2" in run("plan", "--detailed-exitcode", code=2)
        text = run("plan", "--var", "key=none.tfstate", code=1)
        assert "bucket states has no object none.tfstate" in text, text
        s3.put_object(Bucket="states", Key="bad.tfstate", Body="<html>")
        text = run("plan", "--var", "key=bad.tfstate", code=1)
        assert "it is no state" in text, text
        with open(os.path.join(place, "more.hcl"), "w") as file:
            file.write('resource "terraform_data" "three" { input = data.terraform_remote_state.of_another.outputs.name }\n')
        text = run("plan", code=1)
        assert "`profile` of its `config` asks for other credentials" in text, text
    theirs(program, s3, url)
    moto.stop()
    print("remote states are read: %d signed requests" % len(SEEN))


main()
