#!/usr/bin/env python3
"""Has Terraform and cachestack look up the same things at the emulator, out of one file: the outputs are the same.

Usage: lookups_suite.py http://127.0.0.1:4600 PROGRAM    (PROGRAM is the built cachestack)

Needs `terraform` and, for work without a network, CACHESTACK_PROVIDERS with a mirror of providers.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import boto3

ENDPOINT, PROGRAM = sys.argv[1], os.path.abspath(sys.argv[2])
ACCOUNT = "123456789012"

FILE = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                      = "us-east-1"
  skip_metadata_api_check     = true
  default_tags { tags = { Team = "cache", Stage = "test" } }
}

data "aws_partition" "p" {}
data "aws_default_tags" "t" {}
data "aws_kms_alias" "own" { name = "alias/own" }
data "aws_kms_alias" "of_aws" { name = "alias/aws/elasticache" }
data "aws_kms_key" "own" { key_id = "alias/own" }
data "aws_kms_key" "both" { key_id = "%(both)s" }
data "aws_ssm_parameter" "plain" { name = "/app/plain" }
data "aws_ssm_parameter" "secure" { name = "/app/secure" }
data "aws_ssm_parameter" "first" { name = "/app/plain:1" }
data "aws_secretsmanager_secret" "s" { name = "app" }
data "aws_secretsmanager_secret_version" "now" { secret_id = data.aws_secretsmanager_secret.s.id }
data "aws_secretsmanager_secret_version" "before" {
  secret_id     = "app"
  version_stage = "AWSPREVIOUS"
}
data "aws_secretsmanager_secret_version" "bytes" { secret_id = "bytes" }
data "aws_vpc" "d" { default = true }
data "aws_vpcs" "all" {}
data "aws_vpcs" "none" {
  tags = { No = "such" }
}
data "aws_security_groups" "all" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.d.id]
  }
}
data "aws_cloudwatch_log_groups" "app" { log_group_name_prefix = "/app" }

locals {
  omit = ["region", "filter", "timeouts", "grant_tokens", "policy"]
  all = {
    partition = data.aws_partition.p
    tags      = data.aws_default_tags.t
    own_alias = data.aws_kms_alias.own
    of_aws    = data.aws_kms_alias.of_aws
    own_key   = data.aws_kms_key.own
    both      = data.aws_kms_key.both
    plain     = data.aws_ssm_parameter.plain
    secure    = data.aws_ssm_parameter.secure
    first     = data.aws_ssm_parameter.first
    secret    = data.aws_secretsmanager_secret.s
    now       = data.aws_secretsmanager_secret_version.now
    before    = data.aws_secretsmanager_secret_version.before
    bytes     = data.aws_secretsmanager_secret_version.bytes
    vpcs      = data.aws_vpcs.all
    none      = data.aws_vpcs.none
    groups    = data.aws_security_groups.all
    logs      = data.aws_cloudwatch_log_groups.app
  }
}

output "all" {
  value = { for name, one in local.all : name => { for key, value in one : key => nonsensitive(value) if !contains(local.omit, key) && nonsensitive(value) != null } }
}
"""


def main():
    def client(name):
        return boto3.client(name, endpoint_url=ENDPOINT, region_name="us-east-1", aws_access_key_id=ACCOUNT, aws_secret_access_key="x")
    kms, ssm, sm = client("kms"), client("ssm"), client("secretsmanager")
    key = kms.create_key(Description="own", Tags=[{"TagKey": "a", "TagValue": "1"}])["KeyMetadata"]
    kms.create_alias(AliasName="alias/own", TargetKeyId=key["KeyId"])
    both = kms.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
    ssm.put_parameter(Name="/app/plain", Value="one", Type="String")
    ssm.put_parameter(Name="/app/plain", Value="two <&> \u00e9", Overwrite=True)
    ssm.put_parameter(Name="/app/secure", Value="hidden", Type="SecureString")
    sm.create_secret(Name="app", SecretString="one", Description="d", Tags=[{"Key": "b", "Value": "2"}])
    sm.put_secret_value(SecretId="app", SecretString='{"user": "u"}')
    sm.create_secret(Name="bytes", SecretBinary=b"\x00\x01binary")
    logs = client("logs")
    for name in ("/app/b", "/app/a", "/other"):
        logs.create_log_group(logGroupName=name)
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        (folder / "main.tf").write_text(FILE % {"both": both})
        env = {"PATH": os.environ["PATH"], "HOME": place, "AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "x",
               "AWS_ENDPOINT_URL": ENDPOINT, "CHECKPOINT_DISABLE": "1"}
        mirror = os.environ.get("CACHESTACK_PROVIDERS")
        if mirror:
            config = folder / "terraform.rc"
            config.write_text('provider_installation {\n  filesystem_mirror {\n    path = "%s"\n  }\n}\n' % mirror)
            env["TF_CLI_CONFIG_FILE"] = str(config)

        def run(*words):
            done = subprocess.run(words, cwd=place, env=env, capture_output=True, text=True, timeout=300)
            assert done.returncode == 0, (words, done.stdout[-3000:], done.stderr[-3000:])
            return done.stdout

        run("terraform", "init", "-no-color")
        run("terraform", "apply", "-auto-approve", "-no-color")
        theirs = json.loads(run("terraform", "output", "-json", "all"))
        run(PROGRAM, "apply", "--auto-approve")
        ours = json.loads(run(PROGRAM, "output", "--json", "all"))
    wrong = [(name, attribute, theirs[name].get(attribute), ours[name].get(attribute))
             for name in theirs for attribute in sorted(set(theirs[name]) | set(ours[name]))
             if theirs[name].get(attribute) != ours[name].get(attribute)]
    for line in wrong:
        print("%s.%s: Terraform has %r, cachestack %r" % line)
    assert not wrong and len(theirs) == 17
    print("look-ups agree: %d blocks, %d attributes" % (len(theirs), sum(map(len, theirs.values()))))


main()
