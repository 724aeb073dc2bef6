#!/usr/bin/env python3
"""Writes crates/emulator/src/tests/signatures.jsonl: requests that botocore signed, for the unit tests of verification.

Usage: sign_vectors.py > crates/emulator/src/tests/signatures.jsonl    (the output depends on nothing but botocore's version)

The first are those of AWS's Signature Version 4 test suite and of its documentation, whose signatures are published
and checked here; then come whole requests of boto3, one for each protocol that the emulator speaks, and addresses
that were signed beforehand.
"""
import base64
import datetime
import json

import boto3
import botocore.auth
import botocore.awsrequest
from botocore.config import Config
from botocore.credentials import Credentials

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
URL = "http://127.0.0.1:4566"
# The unit tests' clock starts here.
START = datetime.datetime(2027, 1, 15, 8, 0, 0)
NOW = START
botocore.auth.get_current_datetime = lambda: NOW


def write(name, service, method, url, headers, body, published=None):
    path = "/" + url.split("://", 1)[1].partition("/")[2]
    headers = [[key, value.decode() if isinstance(value, bytes) else str(value)] for key, value in headers]
    if not any(key.lower() == "host" for key, _ in headers):
        headers.append(["Host", url.split("://", 1)[1].partition("/")[0]])
    text = json.dumps([path, headers])
    assert published is None or published in text, (name, published, text)
    print(json.dumps({
        "name": name, "at": int(NOW.replace(tzinfo=datetime.timezone.utc).timestamp()), "service": service,
        "method": method, "path": path, "headers": headers, "body": base64.b64encode(body or b"").decode(),
    }, separators=(",", ":")))


def suite(name, method, url, headers=(), body=b"", service="service", published=None):
    """A request of AWS's test suite, signed as it is there."""
    global NOW
    NOW = datetime.datetime(2015, 8, 30, 12, 36, 0)
    request = botocore.awsrequest.AWSRequest(method=method, url=url, data=body)
    for key, value in headers:
        request.headers.add_header(key, value)
    botocore.auth.SigV4Auth(Credentials(KEY, SECRET), service, "us-east-1").add_auth(request)
    write(name, service, method, url, request.headers.items(), body, published)
    NOW = START


def boto(name, service, operation, protocol=None, region="us-east-1", token=None, **arguments):
    """A request as boto3 would send it."""
    session = boto3.Session(aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name=region,
                            aws_session_token=token)
    loader = session._session.get_component("data_loader")
    if protocol:
        original = loader.load_service_model

        def one_protocol(given, kind, *rest, **more):
            model = original(given, kind, *rest, **more)
            if kind == "service-2":
                metadata = dict(model["metadata"], protocol=protocol, protocols=[protocol])
                model = dict(model, metadata=metadata)
            return model

        loader.load_service_model = one_protocol
    made = session.client(service, endpoint_url=URL)
    sent = []

    def keep(request, **_):
        sent.append(request)
        return botocore.awsrequest.AWSResponse(request.url, 500, {}, None)

    made.meta.events.register("before-send", keep)
    try:
        getattr(made, operation)(**arguments)
    except Exception:  # the answer is of no interest
        pass
    request = sent[0]
    skip = ("user-agent", "amz-sdk-invocation-id", "amz-sdk-request")
    signed = [pair for pair in request.headers.items() if pair[0].lower() not in skip]
    names = dict(request.headers)["Authorization"]
    names = names.decode() if isinstance(names, bytes) else names
    assert not any(word in names.split("SignedHeaders=")[1].split(",")[0].split(";") for word in skip), names
    body = request.body.encode() if isinstance(request.body, str) else request.body
    write(name, made.meta.service_model.signing_name, request.method, request.url, signed, body)


def presigned(name, service, operation, seconds, **arguments):
    session = boto3.Session(aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="eu-west-1")
    made = session.client(service, endpoint_url=URL)
    url = made.generate_presigned_url(operation, Params=arguments, ExpiresIn=seconds, HttpMethod="GET")
    write(name, made.meta.service_model.signing_name, "GET", url, [], b"")


HOST = "https://example.amazonaws.com"
suite("get-vanilla", "GET", HOST + "/",
      published="5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
suite("get-vanilla-query-order-key-case", "GET", HOST + "/?Param2=value2&Param1=value1",
      published="b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")
UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
suite("get-vanilla-query-unreserved", "GET", HOST + "/?" + UNRESERVED + "=" + UNRESERVED)
suite("get-utf8", "GET", HOST + "/%E1%88%B4")
suite("get-relative", "GET", HOST + "/example/..")
suite("get-slashes", "GET", HOST + "//example//")
suite("get-space", "GET", HOST + "/example%20space/")
suite("get-header-value-trim", "GET", HOST + "/", [("My-Header1", " value1"), ("My-Header2", ' "a   b   c"')],
      published="acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736")
suite("get-header-value-order", "GET", HOST + "/",
      [("My-Header1", "value4"), ("My-Header1", "value1"), ("My-Header1", "value3"), ("My-Header1", "value2")])
suite("post-vanilla", "POST", HOST + "/",
      published="5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")
suite("post-x-www-form-urlencoded", "POST", HOST + "/", [("Content-Type", "application/x-www-form-urlencoded")],
      b"Param1=value1", published="ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a")
suite("documentation-list-users", "GET", "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
      [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")], service="iam",
      published="5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")

boto("elasticache", "elasticache", "describe_events", MaxRecords=20)
boto("elasticache in another region", "elasticache", "create_cache_parameter_group", region="eu-west-1",
     CacheParameterGroupName="p", CacheParameterGroupFamily="redis7", Description="\u00fcber & unter, + = ~ /")
boto("elasticache with a session token", "elasticache", "describe_events", token="a/session+token==")
boto("ec2", "ec2", "describe_vpcs")
boto("cloudwatch in CBOR", "cloudwatch", "describe_alarms", "smithy-rpc-v2-cbor")
boto("cloudwatch in JSON", "cloudwatch", "describe_alarms", "json")
boto("cloudwatch as a query", "cloudwatch", "describe_alarms", "query")
boto("sts", "sts", "get_caller_identity")
boto("tagging", "resourcegroupstaggingapi", "get_resources", TagFilters=[{"Key": "\u00e9"}])
presigned("elasticache, signed beforehand", "elasticache", "describe_events", 60, MaxRecords=20)
presigned("sts, signed beforehand", "sts", "get_caller_identity", 3600)
presigned("ec2, signed beforehand", "ec2", "describe_vpcs", 604800,
          Filters=[{"Name": "tag:a b", "Values": ["x+y", "\u00e4"]}])
