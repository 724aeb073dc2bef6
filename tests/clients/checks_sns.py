"""SNS: topics and their attributes, subscriptions that wait and that do not, tags."""
import json

from suite import check, client, refused, rgt, same

sns = client("sns")
INVALID = "InvalidParameter"
PREFIX = "arn:aws:sns:us-east-1:123456789012:"


def attributes(arn):
    return sns.get_topic_attributes(TopicArn=arn)["Attributes"]


@check
def topics_live():
    arn = sns.create_topic(Name="alarms", Attributes={"DisplayName": "Alarms"}, Tags=[{"Key": "a", "Value": "1"}])["TopicArn"]
    same(arn, PREFIX + "alarms")
    same(sns.create_topic(Name="alarms")["TopicArn"], arn)
    refused(INVALID, 400, sns.create_topic, "different attributes", Name="alarms", Attributes={"DisplayName": "Other"})
    refused(INVALID, 400, sns.create_topic, "different tags", Name="alarms", Tags=[{"Key": "a", "Value": "2"}])
    found = attributes(arn)
    same([found["Owner"], found["DisplayName"], found["SubscriptionsPending"]], ["123456789012", "Alarms", "0"])
    same(json.loads(found["Policy"])["Id"], "__default_policy_ID")
    assert "http" in json.loads(found["EffectiveDeliveryPolicy"]) and "KmsMasterKeyId" not in found, found
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": arn}]}
    for name, value in (("Policy", json.dumps(policy, indent=2)), ("KmsMasterKeyId", "alias/aws/sns"),
                        ("SignatureVersion", "2"), ("TracingConfig", "Active"), ("DisplayName", ""),
                        ("SQSSuccessFeedbackSampleRate", "10"), ("DeliveryPolicy", "{\"http\": {}}")):
        sns.set_topic_attributes(TopicArn=arn, AttributeName=name, AttributeValue=value)
    found = attributes(arn)
    same([json.loads(found["Policy"]), found["SignatureVersion"], found["DisplayName"]], [policy, "2", ""])
    sns.set_topic_attributes(TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue="")
    assert "KmsMasterKeyId" not in attributes(arn)
    for name, value in (("FifoTopic", "true"), ("Nothing", "x"), ("SignatureVersion", "3"), ("Policy", "x"),
                        ("ContentBasedDeduplication", "true")):
        refused(INVALID, 400, sns.set_topic_attributes, TopicArn=arn, AttributeName=name, AttributeValue=value)
    sns.delete_topic(TopicArn=arn)
    sns.delete_topic(TopicArn=arn)
    refused("NotFound", 404, sns.get_topic_attributes, "Topic does not exist", TopicArn=arn)
    refused(INVALID, 400, sns.get_topic_attributes, "at least 6 elements, not 1", TopicArn="x")


@check
def names_of_topics():
    for name in ("a b", "", "x" * 257, "a.fifo", "a.b"):
        refused(INVALID, 400, sns.create_topic, "Topic Name", Name=name)
    refused(INVALID, 400, sns.create_topic, "Topic Name", Name="plain", Attributes={"FifoTopic": "true"})
    arn = sns.create_topic(Name="q.fifo", Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"})["TopicArn"]
    same([attributes(arn)[name] for name in ("FifoTopic", "ContentBasedDeduplication")], ["true", "true"])
    sns.delete_topic(TopicArn=arn)


@check
def pages_of_topics():
    for number in range(103):
        sns.create_topic(Name="page-%03d" % number)
    pages = list(sns.get_paginator("list_topics").paginate())
    same([len(page["Topics"]) for page in pages], [100, 3])
    refused(INVALID, 400, sns.list_topics, NextToken="x")
    for page in pages:
        for row in page["Topics"]:
            sns.delete_topic(TopicArn=row["TopicArn"])


@check
def tags_of_topics():
    arn = sns.create_topic(Name="tagged")["TopicArn"]
    sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    same(sns.list_tags_for_resource(ResourceArn=arn)["Tags"], [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    same([row["ResourceARN"] for row in rgt.get_resources(ResourceTypeFilters=["sns"])["ResourceTagMappingList"]], [arn])
    sns.untag_resource(ResourceArn=arn, TagKeys=["a"])
    same(sns.list_tags_for_resource(ResourceArn=arn)["Tags"], [{"Key": "b", "Value": ""}])
    refused(INVALID, 400, sns.tag_resource, "Duplicated keys", ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}] * 2)
    refused("TagLimitExceeded", 400, sns.tag_resource, ResourceArn=arn,
            Tags=[{"Key": "k%d" % number, "Value": ""} for number in range(50)])
    sns.delete_topic(TopicArn=arn)
    refused("ResourceNotFound", 404, sns.list_tags_for_resource, ResourceArn=arn)


@check
def subscriptions_live():
    topic = sns.create_topic(Name="news")["TopicArn"]
    queue = dict(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:q")
    arn = sns.subscribe(**queue)["SubscriptionArn"]
    same(sns.subscribe(**queue)["SubscriptionArn"], arn)
    refused(INVALID, 400, sns.subscribe, "different attributes", **queue, Attributes={"RawMessageDelivery": "true"})
    mail = dict(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    same(sns.subscribe(**mail)["SubscriptionArn"], "pending confirmation")
    waiting = sns.subscribe(**mail, ReturnSubscriptionArn=True)["SubscriptionArn"]
    found = sns.get_subscription_attributes(SubscriptionArn=waiting)["Attributes"]
    same([found["PendingConfirmation"], found["Endpoint"]], ["true", "ops@example.com"])
    rows = {row["Protocol"]: row["SubscriptionArn"] for row in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]}
    same(rows, {"sqs": arn, "email": "PendingConfirmation"})
    same([attributes(topic)[name] for name in ("SubscriptionsConfirmed", "SubscriptionsPending")], ["1", "1"])
    refused(INVALID, 400, sns.unsubscribe, "pending confirmation", SubscriptionArn=waiting)
    refused(INVALID, 400, sns.confirm_subscription, "Token", TopicArn=topic, Token="x")
    same(sns.confirm_subscription(TopicArn=topic, Token=waiting.split(":")[-1])["SubscriptionArn"], waiting)
    same(len(sns.list_subscriptions()["Subscriptions"]), 2)
    sns.unsubscribe(SubscriptionArn=waiting)
    sns.unsubscribe(SubscriptionArn=waiting)
    refused("NotFound", 404, sns.get_subscription_attributes, "Subscription does not exist", SubscriptionArn=waiting)
    refused(INVALID, 400, sns.unsubscribe, SubscriptionArn="x")

    def put(name, value):
        sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName=name, AttributeValue=value)

    put("RawMessageDelivery", "true")
    put("FilterPolicy", "{\"a\": [\"b\"]}")
    found = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    same([found[name] for name in ("RawMessageDelivery", "FilterPolicy", "FilterPolicyScope")],
         ["true", "{\"a\":[\"b\"]}", "MessageAttributes"])
    for name, value, text in (
            ("RawMessageDelivery", "yes", "Must be true or false"), ("FilterPolicy", "x", "failed to parse JSON"),
            ("FilterPolicy", json.dumps({letter: [1] for letter in "abcdef"}), "more than 5 keys"),
            ("FilterPolicy", "{\"a\":{\"b\":[1]}}", "does not support nested"), ("FilterPolicyScope", "All", "MessageBody"),
            ("RedrivePolicy", "{\"deadLetterTargetArn\":\"x\"}", "invalid arn"), ("Nothing", "x", "AttributeName")):
        refused(INVALID, 400, put, text, name=name, value=value)
    put("FilterPolicyScope", "MessageBody")
    put("FilterPolicy", "{\"a\":{\"b\":[1]}}")
    put("FilterPolicy", "{}")
    assert "FilterPolicy" not in sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    sns.delete_topic(TopicArn=topic)
    same(sns.list_subscriptions()["Subscriptions"], [])


@check
def subscriptions_that_are_none():
    topic = sns.create_topic(Name="none")["TopicArn"]
    for protocol, endpoint, text in (
            ("pigeon", "x", "does not support this protocol string: pigeon"), ("sqs", "https://x/q", "SQS endpoint ARN"),
            ("email", "x", "Email address"), ("http", "https://x", "specified protocol"), ("sms", "x", "Invalid SMS endpoint: x"),
            ("sqs", "arn:aws:sqs:us-east-1:1:q.fifo", "FIFO SQS Queues"),
            ("firehose", "arn:aws:firehose:us-east-1:1:deliverystream/x", "SubscriptionRoleArn")):
        refused(INVALID, 400, sns.subscribe, text, TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    refused("NotFound", 404, sns.subscribe, TopicArn=topic + "x", Protocol="sms", Endpoint="+15551234567")
    sns.delete_topic(TopicArn=topic)
