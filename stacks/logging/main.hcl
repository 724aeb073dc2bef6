# Logs of a cache in CloudWatch Logs: what was slow, what the engine says, and an alarm on its errors.

stack "logging" {
  default_environment = "local"
  tags                = { Environment = env.name }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}

environment "prod" {
  region     = "us-west-2"
  account_id = "123456789012"
  protect    = true
  vars       = { retention_in_days = 90 }
}

variable "application" {
  type    = string
  default = "logging"
}

variable "retention_in_days" {
  type    = number
  default = 7
}

# The logs of the cache: for people to read, or for filters.
locals {
  logs = { slow-log = "text", engine-log = "json" }
}

# A log group for each; a group of this cache goes after the cache.
log_group "redis" {
  for_each          = local.logs
  name              = "/aws/elasticache/redis/${var.application}/${each.key}"
  retention_in_days = var.retention_in_days
  tags              = { Name = "${var.application}-redis-${each.key}" }
}

replication_group "redis" {
  replication_group_id       = "${var.application}-redis"
  description                = "Redis whose logs are kept"
  engine_version             = "7.1"
  node_type                  = "cache.t4g.micro"
  num_cache_clusters         = 2
  automatic_failover_enabled = true

  dynamic "log_delivery_configuration" {
    for_each = local.logs
    content {
      log_type         = log_delivery_configuration.key
      log_format       = log_delivery_configuration.value
      destination_type = "cloudwatch-logs"
      destination      = log_group.redis[log_delivery_configuration.key].name
    }
  }
}

# What applications write about their caches, in lines of words: the third of them is the level.
log_group "clusters" {
  name              = "/aws/elasticache/clusters"
  retention_in_days = 30
}

log_metric_filter "client_errors" {
  name           = "ElastiCacheErrors"
  log_group_name = log_group.clusters.name
  pattern        = "[timestamp, request_id, level = \"ERROR\", ...]"

  metric_transformation {
    name      = "ElastiCacheErrors"
    namespace = "ElastiCache/Errors"
    value     = "1"
  }
}

# What Redis writes of itself, as JSON.
log_metric_filter "errors" {
  name           = "${var.application}-redis-errors"
  log_group_name = log_group.redis["engine-log"].name
  pattern        = "{ $.LogLevel = \"WARNING\" || $.LogLevel = \"ERROR\" }"

  metric_transformation {
    name          = "RedisErrors"
    namespace     = "ElastiCache/Errors"
    value         = "1"
    default_value = 0
  }
}

alarm "errors" {
  alarm_name          = "${var.application}-redis-errors"
  namespace           = log_metric_filter.errors.metric_transformation[0].namespace
  metric_name         = log_metric_filter.errors.metric_transformation[0].name
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 10
  treat_missing_data  = "notBreaching"
}
