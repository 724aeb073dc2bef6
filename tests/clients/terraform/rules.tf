# Rules of security groups as resources of the older kind, alarms on alarms, a dashboard.

resource "aws_security_group" "ruled" {
  name        = "ruled"
  description = "Rules of its own resources"
}

resource "aws_security_group_rule" "networks" {
  type              = "ingress"
  security_group_id = aws_security_group.ruled.id
  from_port         = 6379
  to_port           = 6380
  protocol          = "TCP"
  cidr_blocks       = ["10.0.0.0/8", "192.168.0.0/16"]
  ipv6_cidr_blocks  = ["2001:db8::/32"]
  description       = local.changed ? "networks, changed" : "networks"
}

resource "aws_security_group_rule" "nodes" {
  type              = "ingress"
  security_group_id = aws_security_group.ruled.id
  from_port         = 0
  to_port           = 0
  protocol          = "-1"
  self              = true
}

resource "aws_security_group_rule" "clients" {
  type                     = "egress"
  security_group_id        = aws_security_group.ruled.id
  from_port                = 6379
  to_port                  = 6379
  protocol                 = "tcp"
  source_security_group_id = aws_security_group.redis.id
}

resource "aws_vpc_security_group_ingress_rule" "moving" {
  security_group_id = aws_security_group.ruled.id
  cidr_ipv4         = local.changed ? "10.2.0.0/16" : "10.1.0.0/16"
  ip_protocol       = local.changed ? "udp" : "tcp"
  from_port         = 11211
  to_port           = 11211
  description       = local.changed ? "moved" : null
  tags              = { step = var.step }
}

resource "aws_cloudwatch_metric_alarm" "child" {
  count               = 2
  alarm_name          = "child-${count.index}"
  namespace           = "AWS/ElastiCache"
  metric_name         = "CPUUtilization"
  comparison_operator = "GreaterThanThreshold"
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 1
  threshold           = 90
}

resource "aws_cloudwatch_composite_alarm" "parent" {
  alarm_name        = "parent"
  alarm_description = "step ${var.step}"
  alarm_rule        = local.changed ? "ALARM(child-0)" : "ALARM(child-0) OR NOT OK(\"${aws_cloudwatch_metric_alarm.child[1].arn}\")"
  tags              = { step = var.step }
  actions_suppressor {
    alarm            = aws_cloudwatch_metric_alarm.child[0].alarm_name
    extension_period = 10
    wait_period      = 20
  }
}

resource "aws_cloudwatch_dashboard" "page" {
  dashboard_name = "page"
  dashboard_body = jsonencode({
    widgets = [{
      type   = "metric"
      x      = 0
      y      = 0
      width  = 8
      height = 6
      properties = {
        region  = "us-west-2"
        title   = "step ${var.step}"
        metrics = [["AWS/ElastiCache", "CPUUtilization", "CacheClusterId", "redis-001"]]
      }
    }]
  })
}
