#!/usr/bin/env python3
"""Has Terraform, with the AWS provider, make, change and remove caches at the emulator.

Usage: terraform_suite.py http://127.0.0.1:4600 [--record FILE]

Needs `terraform` and, for work without a network, a folder of providers (TF_CLI_CONFIG_FILE, or a filesystem mirror
named by CACHESTACK_PROVIDERS); without them nothing is checked and the script says so. Start the emulator with
`--speed instant`: the provider waits half a minute before it looks at a cache for the first time anyway.
"""
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

import record

HERE = pathlib.Path(__file__).resolve().parent
ENDPOINT = sys.argv[1]


def environment(folder, endpoint):
    env = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_VAR_"))}
    env.update(AWS_ENDPOINT_URL=endpoint, AWS_EC2_METADATA_DISABLED="true", TF_IN_AUTOMATION="1", CHECKPOINT_DISABLE="1",
               TF_INPUT="0")
    mirror = os.environ.get("CACHESTACK_PROVIDERS")
    if mirror:
        config = folder / "terraform.rc"
        config.write_text('provider_installation {\n  filesystem_mirror {\n    path = "%s"\n  }\n}\n' % mirror)
        env["TF_CLI_CONFIG_FILE"] = str(config)
    return env


def terraform(folder, env, *arguments, want=0):
    started = time.time()
    done = subprocess.run(["terraform", *arguments, "-no-color"], cwd=folder, env=env, text=True, capture_output=True)
    print("terraform %-45s exit %d after %5.1f s" % (" ".join(arguments)[:45], done.returncode, time.time() - started), flush=True)
    if done.returncode != want:
        print(done.stdout[-6000:], done.stderr[-8000:], sep="\n")
        sys.exit(1)
    return done.stdout


def summary(text):
    return [int(number) for number in re.findall(r"(\d+) (?:added|changed|destroyed)", text)]


def no_storms(path):
    """No request may have been repeated in haste: refusals that make a client try again are counted."""
    refused = collections.Counter()
    calls = 0
    for line in open(path):
        row = json.loads(line)
        calls += 1
        if row["status"] >= 400:
            code = re.search(r"<Code>(\w+)|\"__type\":\s*\"([^\"]+)", row["answer"])
            action = re.search(r"Action=(\w+)", row["body"])
            refused[(action.group(1) if action else row["path"], row["status"], code.group(0) if code else "?")] += 1
    print("%d requests; refused: %s" % (calls, dict(refused)))
    assert not any(status >= 500 for _, status, _ in refused), refused
    assert sum(refused.values()) < 80, refused


def kept(endpoint):
    """Makes what others keep, which lookups.tf finds."""
    def call(service, target, **body):
        scope = "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/%s/aws4_request" % service
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target,
                   "Authorization": scope + ", SignedHeaders=host, Signature=0"}
        request = urllib.request.Request(endpoint, data=json.dumps(body).encode(), method="POST", headers=headers)
        return json.load(urllib.request.urlopen(request))

    key = call("kms", "TrentService.CreateKey", Description="own")["KeyMetadata"]["KeyId"]
    call("kms", "TrentService.CreateAlias", AliasName="alias/own", TargetKeyId=key)
    call("ssm", "AmazonSSM.PutParameter", Name="/app/plain", Value="one", Type="String")
    call("ssm", "AmazonSSM.PutParameter", Name="/app/plain", Value="two", Overwrite=True)
    call("ssm", "AmazonSSM.PutParameter", Name="/app/secure", Value="a-token-of-the-suite", Type="SecureString")
    call("secretsmanager", "secretsmanager.CreateSecret", Name="app/users", Description="users",
         SecretString=json.dumps({"app": "a-password-of-the-suite"}), Tags=[{"Key": "team", "Value": "cache"}])


def main():
    configured = os.path.isfile(os.environ.get("TF_CLI_CONFIG_FILE", "")) or os.environ.get("CACHESTACK_PROVIDERS")
    if shutil.which("terraform") is None or not configured:
        print("terraform with a folder of providers is not here: nothing was checked")
        return
    reset = urllib.request.Request(
        ENDPOINT + "/_cachestack/reset", data=b"{}", method="POST", headers={"X-Cachestack-Control": "1"})
    urllib.request.urlopen(reset).read()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file in (HERE / "terraform").glob("*.tf"):
            shutil.copy(file, folder)
        transcript = str(folder / "record.jsonl")
        recorder = record.start(ENDPOINT, 0, transcript)
        endpoint = "http://127.0.0.1:%d/" % recorder.server_address[1]
        kept(endpoint)
        env = environment(folder, endpoint)
        terraform(folder, env, "init")
        many = "-parallelism=60"
        added, *others = summary(terraform(folder, env, "apply", "-auto-approve", many))
        assert added > 30 and others == [0, 0], (added, others)
        terraform(folder, env, "plan", "-detailed-exitcode", many)
        text = terraform(folder, env, "apply", "-auto-approve", many, "-var=step=2")
        more, changed, fewer = summary(text)
        assert changed > 20 and more == fewer == 0, text[-3000:]
        terraform(folder, env, "plan", "-detailed-exitcode", many, "-var=step=2")
        text = terraform(folder, env, "destroy", "-auto-approve", many, "-var=step=2")
        assert re.search(r"Destroy complete! Resources: %d destroyed" % added, text), text[-3000:]
        no_storms(transcript)
        if "--record" in sys.argv:
            record.normalise(transcript, sys.argv[sys.argv.index("--record") + 1])
        print("terraform: %d resources made, %d changed, none left" % (added, changed))


main()
