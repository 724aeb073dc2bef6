#!/usr/bin/env python3
"""Calls an emulator that verifies signatures with right and wrong secrets, in every protocol.

Usage: AWS_SECRET_ACCESS_KEY=... signed_suite.py http://127.0.0.1:4600    (access key 123456789012)
"""
import contextlib
import datetime
import os
import urllib.error
import urllib.parse
import urllib.request

import boto3
import botocore.auth
from botocore.config import Config

import suite

SECRET = os.environ["AWS_SECRET_ACCESS_KEY"]
KEY = "123456789012"
NOW = botocore.auth.get_current_datetime


def client(service, key=KEY, secret=SECRET, protocol=None, region="us-east-1"):
    session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name=region)
    loader = session._session.get_component("data_loader")
    load = loader.load_service_model

    def in_protocol(name, kind, *rest, **more):
        model = load(name, kind, *rest, **more)
        if kind != "service-2" or protocol is None:
            return model
        return dict(model, metadata=dict(model["metadata"], protocol=protocol, protocols=[protocol]))

    loader.load_service_model = in_protocol
    return session.client(service, endpoint_url=suite.ENDPOINT, config=Config(retries={"total_max_attempts": 1}))


@contextlib.contextmanager
def clock_off_by(minutes):
    botocore.auth.get_current_datetime = lambda *rest: NOW(*rest) + datetime.timedelta(minutes=minutes)
    try:
        yield
    finally:
        botocore.auth.get_current_datetime = NOW


QUERY = (("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403), ("SignatureDoesNotMatch", 403))
EC2 = (("AuthFailure", 401), ("AuthFailure", 401), ("RequestExpired", 400))
JSON = (("UnrecognizedClientException", 400), ("InvalidSignatureException", 400), ("InvalidSignatureException", 400))
CALLS = [
    ("elasticache", None, "describe_replication_groups", {}, QUERY),
    ("elasticache", None, "create_cache_parameter_group", {
        "CacheParameterGroupName": "signed", "CacheParameterGroupFamily": "redis7",
        "Description": "\u00fcber & unter, + = ~ / %"}, QUERY),
    ("ec2", None, "describe_vpcs", {"Filters": [{"Name": "is-default", "Values": ["true"]}]}, EC2),
    ("cloudwatch", "smithy-rpc-v2-cbor", "describe_alarms", {"AlarmNamePrefix": "a b"}, JSON),
    ("cloudwatch", "json", "describe_alarms", {"AlarmNamePrefix": "a b"}, JSON),
    ("cloudwatch", "query", "describe_alarms", {"AlarmNamePrefix": "a b"}, QUERY),
    ("sts", None, "get_caller_identity", {}, QUERY),
    ("resourcegroupstaggingapi", None, "get_resources", {"TagFilters": [{"Key": "\u00e9"}]}, JSON),
]


def checks(service, protocol, operation, arguments, refusals):
    unknown, wrong, late = refusals

    def right_secret():
        getattr(client(service, protocol=protocol), operation)(**arguments)
        if operation.startswith(("describe", "get")):
            with clock_off_by(-14):
                getattr(client(service, protocol=protocol, region="eu-west-1"), operation)(**arguments)

    def wrong_secret():
        made = client(service, secret=SECRET + "x", protocol=protocol)
        suite.refused(*wrong, getattr(made, operation), **arguments)

    def unknown_key():
        made = client(service, key="210987654321", protocol=protocol)
        suite.refused(*unknown, getattr(made, operation), **arguments)

    def wrong_clock():
        for minutes in (-16, 16):
            with clock_off_by(minutes):
                suite.refused(*late, getattr(client(service, protocol=protocol), operation), **arguments)

    for check in (right_secret, wrong_secret, unknown_key, wrong_clock):
        check.__name__ = "%s_of_%s_%s" % (check.__name__, protocol or service, operation)
        suite.check(check)


for call in CALLS:
    checks(*call)


def fetch(url):
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@suite.check
def addresses_signed_beforehand():
    for service, operation, refusal in [("sts", "get_caller_identity", (403, "SignatureDoesNotMatch")),
                                        ("elasticache", "describe_events", (403, "SignatureDoesNotMatch")),
                                        ("ec2", "describe_vpcs", (401, "AuthFailure"))]:
        for secret in (SECRET, "another"):
            url = client(service, secret=secret).generate_presigned_url(operation, ExpiresIn=60, HttpMethod="GET")
            status, body = fetch(url)
            want = (200, "Response") if secret == SECRET else refusal
            assert status == want[0] and want[1] in body, (url, status, body)
        status, body = fetch(url + "&Extra=1")
        assert status == refusal[0], (status, body)
        with clock_off_by(-2):
            status, body = fetch(client(service).generate_presigned_url(operation, ExpiresIn=60, HttpMethod="GET"))
        late = (400, "RequestExpired") if service == "ec2" else (403, "(")
        assert status == late[0] and late[1] in body, (status, body)


@suite.check
def no_signature_at_all():
    status, body = fetch(suite.ENDPOINT + "/?Action=DescribeEvents&Version=2015-02-02")
    assert status == 403 and "MissingAuthenticationToken" in body, (status, body)


suite.run()
