#!/usr/bin/env python3
"""Holds the emulator's raw answers against botocore's service model.

Usage: model_check.py http://127.0.0.1:4600

Every element of every answer must exist in the model at that place (botocore drops unknown ones in silence, so the
raw body is read here), every value must parse as its type, every required input must be demanded, and every error
code must be one that the model declares for the operation or one of those that all operations share. It listens to
the traffic of boto3_suite.py, so each answer of the suite is checked, then repeats a call of each operation without
each of its required members, and at last holds the operations called against those that the emulator names.
"""
import copy
import json
import os
import re
import runpy
import sys
import urllib.request
import xml.etree.ElementTree as ElementTree

import boto3
import botocore.client
import botocore.endpoint
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
MODELS = json.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../crates/emulator/src/data/models.json")))
PROBLEMS = {}
SEEN = {}
# The arguments of an answered call of each operation: the one with the most in it.
GOOD = {}
# Codes that ElastiCache and EC2 use without declaring them for each operation: those of all query services, and the
# untyped ones of EC2, which declares none at all.
COMMON = {"InvalidParameterValue", "InvalidParameterCombination", "MissingParameter", "InvalidAction", "MalformedInput",
          "ValidationError", "ValidationException", "InvalidARN", "UnknownOperationException", "Throttling"}
# Declared by AWS for their siblings only, though seen to be answered.
KNOWN = {("CreateCacheSubnetGroup", "InvalidParameterValue"), ("DeleteDashboards", "ResourceNotFound"),
         ("UntagLogGroup", "InvalidParameterException"), ("ListTagsLogGroup", "InvalidParameterException")}


def note(operation, text):
    PROBLEMS.setdefault((operation, text), 0)
    PROBLEMS[(operation, text)] += 1


def local(tag):
    return tag.split("}")[-1]


def scalar(operation, shape, text, path):
    text = text or ""
    kind = shape.type_name
    good = {
        "integer": r"-?\d+", "long": r"-?\d+", "boolean": r"true|false", "double": r"-?[\d.]+([eE]-?\d+)?",
        "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
    }.get(kind)
    if good and not re.fullmatch(good, text):
        note(operation, "%s: %r is no %s" % (path, text, kind))
    if getattr(shape, "enum", None) and text not in shape.enum:
        note(operation, "%s: %r is not among %s" % (path, text, shape.enum))


def newer(operation, shape):
    """Members that the emulator's model has, which may be of a younger botocore than the one at hand."""
    models = [model for name, model in MODELS.items() if name != "source" and operation in model["operations"]]
    return {entry.get("out", name) for model in models
            for name, entry in model["shapes"].get(shape.name, {}).get("m", {}).items()}


def walk(operation, shape, element, path, ec2):
    if shape.type_name == "structure":
        by_wire = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        names = [local(child.tag) for child in element]
        for child in element:
            name = local(child.tag)
            if name not in by_wire and name in newer(operation, shape):
                continue
            if name not in by_wire:
                note(operation, "%s.%s is not in the model" % (path, name))
                continue
            if names.count(name) > 1 and not by_wire[name].serialization.get("flattened"):
                note(operation, "%s.%s stands there more than once" % (path, name))
            walk(operation, by_wire[name], child, "%s.%s" % (path, name), ec2)
    elif shape.type_name == "list":
        item = shape.member.serialization.get("name", "member")
        for child in element:
            if local(child.tag) != item:
                note(operation, "%s: element %s instead of %s" % (path, local(child.tag), item))
            walk(operation, shape.member, child, path + "[]", ec2)
    elif shape.type_name == "map":
        return
    else:
        if len(element):
            note(operation, "%s: a %s with elements in it" % (path, shape.type_name))
        scalar(operation, shape, element.text, path)


def walk_json(operation, shape, value, path):
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            return note(operation, "%s is no structure" % path)
        for name, inner in value.items():
            if name not in shape.members:
                note(operation, "%s.%s is not in the model" % (path, name))
            else:
                walk_json(operation, shape.members[name], inner, "%s.%s" % (path, name))
    elif kind == "list":
        for inner in value:
            walk_json(operation, shape.member, inner, path + "[]")
    elif kind == "map":
        for inner in value.values():
            walk_json(operation, shape.value, inner, path + "{}")
    else:
        types = {"string": str, "blob": str, "integer": int, "long": int, "boolean": bool, "double": (int, float), "timestamp": (int, float)}
        if not isinstance(value, types[kind]) or (kind in ("integer", "long") and isinstance(value, bool)):
            note(operation, "%s: %r is no %s" % (path, value, kind))
        if getattr(shape, "enum", None) and value not in shape.enum:
            note(operation, "%s: %r is not among %s" % (path, value, shape.enum))


def check_answer(model, status, body, content_type):
    operation = model.name
    service = model.service_model
    SEEN.setdefault(service.service_name, set()).add(operation)
    ec2 = service.metadata["protocol"] == "ec2"
    if "json" in content_type:
        value = json.loads(body)
        if status < 300 and model.output_shape is not None:
            walk_json(operation, model.output_shape, value, operation)
        elif status >= 300:
            check_code(model, value["__type"].split("#")[-1], status)
        return
    root = ElementTree.fromstring(body)
    if status >= 300:
        code = root.find(".//{*}Code").text
        check_code(model, code, status)
        return
    if local(root.tag) != operation + "Response":
        note(operation, "the answer is called %s" % local(root.tag))
    if service.metadata["xmlNamespace"].rstrip("/") not in root.tag:
        note(operation, "the namespace is %s" % root.tag)
    if model.output_shape is None:
        return
    wrapper = model.output_shape.serialization.get("resultWrapper")
    for child in list(root):
        if local(child.tag) in ("ResponseMetadata", "requestId"):
            root.remove(child)
    if wrapper:
        found = [child for child in root if local(child.tag) == wrapper]
        if len(found) != 1:
            return note(operation, "the result is not wrapped in %s" % wrapper)
        root = found[0]
    walk(operation, model.output_shape, root, operation, ec2)


def check_code(model, code, status):
    declared = {error.error_code: error.metadata.get("error", {}).get("httpStatusCode", 400) for error in model.error_shapes}
    declared.update({error.name: declared.get(error.error_code, 400) for error in model.error_shapes})
    if code in declared:
        if declared[code] != status:
            note(model.name, "%s has HTTP status %d, the model says %d" % (code, status, declared[code]))
    elif code not in COMMON and (model.name, code) not in KNOWN and model.service_model.service_name != "ec2":
        note(model.name, "the error %s is not declared" % code)


def listen():
    def after(http_response, model, **_):
        body = http_response.content
        check_answer(model, http_response.status_code, body, http_response.headers.get("Content-Type", ""))
    # `response-received` carries parsed data only; this hook sees the bytes.
    original = botocore.endpoint.Endpoint._do_get_response
    def patched(self, request, operation_model, context):
        success, exception = original(self, request, operation_model, context)
        if success is not None:
            after(success[0], operation_model)
        return success, exception
    botocore.endpoint.Endpoint._do_get_response = patched
    call = botocore.client.BaseClient._make_api_call
    def remembering(self, operation, arguments):
        answer = call(self, operation, arguments)
        key = (self.meta.service_model.service_name, operation)
        if key not in GOOD or len(str(arguments)) > len(str(GOOD[key])):
            GOOD[key] = arguments
        return answer
    botocore.client.BaseClient._make_api_call = remembering


def required(shape, value, path=()):
    """The paths of all required members that a request's value has, and the names that a refusal may call them."""
    if shape.type_name == "structure":
        for name in shape.required_members:
            if name in value:
                wire = shape.members[name].serialization
                yield path + (name,), {str(word).lower() for word in (name, wire.get("name", name), wire.get("queryName", name))}
        for name, inner in value.items():
            yield from required(shape.members[name], inner, path + (name,))
    elif shape.type_name == "list" and value and shape.member.type_name == "structure":
        yield from required(shape.member, value[0], path + (0,))


def without(value, path):
    """A copy of the value that lacks what the path leads to."""
    value = copy.copy(value)
    if len(path) == 1:
        del value[path[0]]
    else:
        value[path[0]] = without(value[path[0]], path[1:])
    return value


def demand_inputs():
    """Sends each request that was answered once more for each required member, without it: it must be refused."""
    left_out = 0
    for (service, operation), arguments in sorted(GOOD.items()):
        client = boto3.client(
            service, endpoint_url=ENDPOINT, region_name="us-east-1", aws_access_key_id="123456789012",
            aws_secret_access_key="x", config=Config(parameter_validation=False, retries={"max_attempts": 1, "mode": "standard"}))
        model = client.meta.service_model.operation_model(operation)
        if model.input_shape is None:
            continue
        for path, names in required(model.input_shape, arguments):
            left_out += 1
            try:
                client._make_api_call(operation, without(arguments, path))
                note(operation, "%s is required and not demanded" % ".".join(map(str, path)))
            except ClientError as error:
                code, message = error.response["Error"]["Code"], error.response["Error"]["Message"].lower()
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                if status != 400 or not any(name in message for name in names):
                    note(operation, "without %s: %s %s" % (path, code, message))
    return left_out


def demand_operations():
    """Every operation that the emulator names must have been called and answered."""
    request = urllib.request.Request(ENDPOINT + "/_cachestack/operations", headers={"X-Cachestack-Control": "1"})
    with urllib.request.urlopen(request) as answer:
        named = {(row["service"], row["operation"]) for row in json.load(answer)["operations"]}
    younger = []
    for service, operation in sorted(named - set(GOOD)):
        if operation not in boto3.client(service, region_name="us-east-1").meta.service_model.operation_names:
            younger.append(operation)
            continue
        note(operation, "%s is implemented and was never answered in the suite" % service)
    if younger:
        print("not checked, since this botocore does not know them: %s" % ", ".join(younger))
    return len(named)


def main():
    listen()
    try:
        runpy.run_path(__file__.replace("model_check", "boto3_suite"), run_name="boto3_suite")
    except SystemExit as end:
        if end.code:
            note("boto3_suite", "a check failed")
    left_out = demand_inputs()
    named = demand_operations()
    for (operation, text), count in sorted(PROBLEMS.items()):
        print("WRONG %s: %s (%d times)" % (operation, text, count))
    for name, operations in sorted(SEEN.items()):
        print("%s: %d operations checked" % (name, len(operations)))
    print("%d operations implemented, %d answered; %d times a required member left out" % (named, len(GOOD), left_out))
    print("%d problems" % len(PROBLEMS))
    sys.exit(1 if PROBLEMS else 0)


main()
