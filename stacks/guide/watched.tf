# 11. Logs, what is counted in them, and an alarm. ElastiCache reports its metrics for each node, so that the alarm watches
# the first node: the id of the group has no datapoints.
resource "aws_cloudwatch_log_group" "elasticache_logs" {
  name              = "/aws/elasticache/clusters"
  retention_in_days = 30
  tags              = { Name = "ElastiCache Logs", Environment = "production" }
}

resource "aws_cloudwatch_log_metric_filter" "elasticache_errors" {
  name           = "ElastiCacheErrors"
  log_group_name = aws_cloudwatch_log_group.elasticache_logs.name
  pattern        = "[timestamp, request_id, level=\"ERROR\", ...]"

  metric_transformation {
    name      = "ElastiCacheErrors"
    namespace = "ElastiCache/Errors"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "elasticache_alarm" {
  alarm_name          = "ElastiCacheAlarm"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = "2"
  metric_name         = "CPUUtilization"
  namespace           = "AWS/ElastiCache"
  period              = "300"
  statistic           = "Average"
  threshold           = "80"
  alarm_description   = "The first node is busy"
  dimensions          = { CacheClusterId = "${aws_elasticache_replication_group.redis.replication_group_id}-001" }

  tags = { Name = "ElastiCache Alarm", Environment = "production" }
}

# 12. An alarm on memory.
resource "aws_cloudwatch_metric_alarm" "elasticache_memory" {
  alarm_name          = "ElastiCacheMemoryAlarm"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = "2"
  metric_name         = "DatabaseMemoryUsagePercentage"
  namespace           = "AWS/ElastiCache"
  period              = "300"
  statistic           = "Average"
  threshold           = "85"
  alarm_description   = "The first node is filling up"
  dimensions          = { CacheClusterId = "${aws_elasticache_replication_group.redis.replication_group_id}-001" }

  tags = { Name = "ElastiCache Memory Alarm", Environment = "production" }
}
