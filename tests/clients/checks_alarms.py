"""Composite alarms, dashboards and metrics."""
import datetime
import json

from suite import check, control, cw, refused, same

CHILD = dict(EvaluationPeriods=1, ComparisonOperator="GreaterThanThreshold", MetricName="CPUUtilization",
             Namespace="AWS/ElastiCache", Period=60, Statistic="Average", Threshold=80)


def state(name):
    return cw.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]["StateValue"]


def names(rows):
    return [row["AlarmName"] for row in rows]


@check
def alarms_on_alarms():
    for name in ("busy", "full"):
        cw.put_metric_alarm(AlarmName=name, **CHILD)
    arn = cw.describe_alarms(AlarmNames=["full"])["MetricAlarms"][0]["AlarmArn"]
    rule = 'ALARM("busy") AND NOT (OK(%s) OR FALSE)' % arn
    cw.put_composite_alarm(AlarmName="page", AlarmRule=rule, AlarmActions=["arn:aws:sns:us-east-1:123456789012:t"],
                           ActionsSuppressor="full", ActionsSuppressorWaitPeriod=1, ActionsSuppressorExtensionPeriod=2,
                           Tags=[{"Key": "k", "Value": "v"}])
    row = cw.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]
    same([row["AlarmRule"], row["ActionsSuppressor"], row["StateValue"], row["ActionsEnabled"]], [rule, "full", "OK", True])
    same(cw.list_tags_for_resource(ResourceARN=row["AlarmArn"])["Tags"], [{"Key": "k", "Value": "v"}])
    # Only metric alarms are told where no type is asked for.
    same([names(cw.describe_alarms()[kind]) for kind in ("MetricAlarms", "CompositeAlarms")], [["busy", "full"], []])
    cw.set_alarm_state(AlarmName="busy", StateValue="ALARM", StateReason="r")
    same(state("page"), "ALARM")
    cw.put_composite_alarm(AlarmName="both", AlarmRule="AT_LEAST(50%, ALARM, (page, full)) AND TRUE")
    cw.set_alarm_state(AlarmName="full", StateValue="OK", StateReason="r")
    same([state("page"), state("both")], ["OK", "OK"])
    same(names(cw.describe_alarms(ParentsOfAlarmName="full")["CompositeAlarms"]), ["both", "page"])
    children = cw.describe_alarms(ChildrenOfAlarmName="both")
    same([names(children["MetricAlarms"]), names(children["CompositeAlarms"])], [["full"], ["page"]])
    pages = cw.get_paginator("describe_alarms").paginate(AlarmTypes=["CompositeAlarm", "MetricAlarm"],
                                                         PaginationConfig={"PageSize": 1})
    found = [names(page["MetricAlarms"]) + names(page["CompositeAlarms"]) for page in pages]
    same(found, [["busy"], ["full"], ["both"], ["page"]])
    cw.disable_alarm_actions(AlarmNames=["page"])
    put = cw.put_composite_alarm
    for rule, text in (("ALARM(none)", "do not exist"), ("ALARM(busy", "valid expression"), ("busy", "valid expression")):
        refused("ValidationError", 400, put, text, AlarmName="x", AlarmRule=rule)
    refused("ValidationError", 400, put, "already exists", AlarmName="busy", AlarmRule="TRUE")
    refused("ValidationError", 400, cw.put_metric_alarm, "already exists", AlarmName="page", **CHILD)
    delete = cw.delete_alarms
    refused("ValidationError", 400, delete, "Cannot delete busy as there are composite alarm(s) depending on it.",
            AlarmNames=["busy"])
    refused("ValidationError", 400, delete, "Cannot delete page,full as there are composite alarm(s) depending on them.",
            AlarmNames=["page", "full"])
    refused("ValidationError", 400, delete, "one composite alarm", AlarmNames=["both", "page"])
    delete(AlarmNames=["both"])
    delete(AlarmNames=["page", "busy", "full"])
    same(cw.describe_alarms(AlarmTypes=["CompositeAlarm", "MetricAlarm"])["MetricAlarms"], [])


def widget(kind="text", properties=None, **place):
    return {"type": kind, "properties": {"markdown": "m"} if properties is None else properties, **place}


@check
def dashboards():
    def put(name, *widgets, **more):
        return cw.put_dashboard(DashboardName=name, DashboardBody=json.dumps({"widgets": list(widgets), **more}))

    metrics = {"region": "us-east-1", "metrics": [["AWS/ElastiCache", "CPUUtilization", {"stat": "Sum"}]]}
    same(put("one", widget(x=0, y=0), widget("metric", metrics)).get("DashboardValidationMessages", []), [])
    put("two", start="-PT1H")
    cw.put_dashboard(DashboardName="tagged", DashboardBody='{"widgets": []}', Tags=[{"Key": "k", "Value": "v"}])
    found = cw.get_dashboard(DashboardName="one")
    same([found["DashboardArn"], len(json.loads(found["DashboardBody"])["widgets"])],
         ["arn:aws:cloudwatch::123456789012:dashboard/one", 2])
    rows = cw.list_dashboards(DashboardNamePrefix="t")["DashboardEntries"]
    same([[row["DashboardName"], row["Size"]] for row in rows], [["tagged", 15], ["two", 33]])
    for body, text in (
            ("[]", "there are 1 validation errors"), ("{}", "required property 'widgets'"), ("x", "valid JSON"),
            ('{"widgets": 1}', "Should be array"), ('{"widgets": [{"type": "graph", "properties": {}}]}', "allowed values"),
            ('{"widgets": [{"type": "metric", "properties": {"metrics": []}}]}', "Should NOT have less than 1 items")):
        refused("InvalidParameterInput", 400, cw.put_dashboard, text, DashboardName="x", DashboardBody=body)
    refused("InvalidParameterInput", 400, cw.put_dashboard, DashboardName="a b", DashboardBody='{"widgets": []}')
    refused("ResourceNotFound", 404, cw.get_dashboard, DashboardName="none")
    refused("ResourceNotFound", 404, cw.delete_dashboards, DashboardNames=["one", "none"])
    cw.delete_dashboards(DashboardNames=["one", "two", "tagged"])
    same(cw.list_dashboards()["DashboardEntries"], [])


@check
def series_of_metrics():
    metric = dict(Namespace="AWS/ElastiCache", MetricName="CPUUtilization",
                  Dimensions=[{"Name": "CacheClusterId", "Value": "measured"}])
    series = [{"cache": "measured", "metric": "CPUUtilization", "shape": "daily", "low": 10, "high": 70}]
    control("POST", "metrics", {"region": "us-east-1", "account": "123456789012", "series": series})
    minute = datetime.timedelta(minutes=1)
    # Other checks move the emulator's clock.
    now = datetime.datetime.fromtimestamp(control("GET", "clock")["now_ms"] / 1000, datetime.timezone.utc)
    end = now.replace(minute=0, second=0, microsecond=0)
    start = end - 1440 * minute
    queries = [{"Id": "q", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Average"}}]
    pages = list(cw.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=start, EndTime=end, MaxDatapoints=500))
    rows = [row for page in pages for row in page["MetricDataResults"]]
    values = [value for row in rows for value in row["Values"]]
    times = [time for row in rows for time in row["Timestamps"]]
    same([len(pages), len(values), min(values), round(sum(values) / 1440, 6), max(values)], [3, 1440, 10, 40, 70])
    # The newest comes first unless somebody asks otherwise.
    same([times[0], times[-1]], [end - minute, start])
    rising = cw.get_metric_data(MetricDataQueries=queries, StartTime=start, EndTime=end, ScanBy="TimestampAscending")
    same(rising["MetricDataResults"][0]["Timestamps"][0], start)
    refused("ValidationError", 400, cw.get_metric_data, MetricDataQueries=queries, StartTime=end, EndTime=start)
    wrong = {"1 + 1": "must come to time series", "SEARCH('x', 'Sum')": "no function SEARCH", "none": "Undefined metric none"}
    for expression, said in wrong.items():
        refused("ValidationError", 400, cw.get_metric_data, said, StartTime=start, EndTime=end,
                MetricDataQueries=queries + [{"Id": "e", "Expression": expression}])
    hidden = [dict(queries[0], Id="m%d" % n, ReturnData=False) for n in (1, 2)]
    math = [{"Id": "twice", "Expression": "m1 + m2"}, {"Id": "sum", "Expression": "SUM(METRICS('m'))", "Label": "All"},
            {"Id": "whole", "Expression": "100 * m1 / twice - AVG(m1)"}]
    rows = cw.get_metric_data(MetricDataQueries=hidden + math, StartTime=start, EndTime=end)["MetricDataResults"]
    same([(row["Id"], row["Label"], len(row["Values"])) for row in rows],
         [("twice", "twice", 1440), ("sum", "All", 1440), ("whole", "whole", 1440)])
    same(rows[0]["Values"], rows[1]["Values"])
    same([round(max(rows[0]["Values"])), round(max(rows[2]["Values"]), 6)], [140, 10])
    refused("InvalidNextToken", 400, cw.get_metric_data, MetricDataQueries=queries, StartTime=start, EndTime=end,
            NextToken="none")
    read = dict(metric, StartTime=start, EndTime=end)
    points = cw.get_metric_statistics(Period=3600, Statistics=["Sum", "SampleCount"], **read)["Datapoints"]
    same([sum(row["SampleCount"] for row in points), round(sum(row["Sum"] for row in points), 3)], [1440, 57600])
    points = cw.get_metric_statistics(Period=3600, ExtendedStatistics=["p100"], **read)["Datapoints"]
    same(max(row["ExtendedStatistics"]["p100"] for row in points), 70)
    longer = dict(read, StartTime=start - minute)
    refused("InvalidParameterCombination", 400, cw.get_metric_statistics, "1,440", Period=60, Statistics=["Sum"], **longer)
    # What is older than 15 days is kept in five minutes, and is silently not there in less.
    old = dict(read, StartTime=start - datetime.timedelta(days=20), EndTime=start - datetime.timedelta(days=20) + 60 * minute)
    counts = [len(cw.get_metric_statistics(Period=period, Statistics=["Sum"], **old)["Datapoints"]) for period in (60, 300)]
    assert counts[0] == 0 and counts[1] >= 12, counts
