# Alarms that watch what they seem to watch. ElastiCache reports its metrics for each node, so that an alarm on the id
# of a group never sees a datapoint. `target` makes the alarms of all nodes, and follows when nodes come and go.

stack "monitoring" {
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
  vars       = { topic = "arn:aws:sns:us-west-2:123456789012:on-call" }
}

variable "nodes" {
  type    = number
  default = 2
}

variable "topic" {
  type        = string
  default     = null
  description = "The SNS topic that is told when something is wrong."
}

locals {
  actions = compact([var.topic])
}

data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

subnet_group "redis" {
  name       = "monitoring-redis"
  subnet_ids = data.subnets.private.ids
}

parameter_group "redis" {
  name       = "monitoring-redis7"
  family     = "redis7"
  parameters = { maxmemory-policy = "allkeys-lru" }
}

security_group "redis" {
  name_prefix = "monitoring-redis-"
  description = "Redis from within the VPC"
  vpc_id      = data.vpc.main.id

  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = [data.vpc.main.cidr_block]
  }
}

replication_group "redis" {
  replication_group_id       = "monitoring-redis"
  description                = "A cache that is watched"
  engine_version             = "7.1"
  node_type                  = "cache.t3.micro"
  num_cache_clusters         = var.nodes
  automatic_failover_enabled = true
  multi_az_enabled           = true
  parameter_group_name       = parameter_group.redis.name
  subnet_group_name          = subnet_group.redis.name
  security_group_ids         = [security_group.redis.id]
  notification_topic_arn     = var.topic # failovers, replacements, finished snapshots
}

alarm "cpu" {
  target              = replication_group.redis
  alarm_name          = "${node.id}-cpu-high"
  alarm_description   = "The node is busy"
  metric_name         = "CPUUtilization"
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  period              = 300
  evaluation_periods  = 2
  alarm_actions       = local.actions
  ok_actions          = local.actions
}

alarm "memory" {
  target              = replication_group.redis
  alarm_name          = "${node.id}-memory-high"
  alarm_description   = "The node will soon evict keys, or refuse writes"
  metric_name         = "DatabaseMemoryUsagePercentage"
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 85
  period              = 300
  evaluation_periods  = 2
  alarm_actions       = local.actions
}

alarm "evictions" {
  target              = replication_group.redis
  alarm_name          = "${node.id}-evictions"
  alarm_description   = "Keys are thrown out before their time"
  metric_name         = "Evictions"
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 100
  period              = 300
  evaluation_periods  = 2
  alarm_actions       = local.actions
}

# A primary has no lag to report; it must not count as a fault that its datapoints are missing.
alarm "lag" {
  target              = replication_group.redis
  alarm_name          = "${node.id}-replication-lag"
  alarm_description   = "A replica is behind, in seconds"
  metric_name         = "ReplicationLag"
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 30
  period              = 300
  evaluation_periods  = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
}

# One alarm over all nodes, by metric math: it looks at the worst of them.
alarm "hit_rate" {
  target              = replication_group.redis
  per                 = "group"
  alarm_name          = "${node.group}-hit-rate-low"
  alarm_description   = "The cache answers too little by itself"
  metric_name         = "CacheHitRate"
  statistic           = "Average"
  comparison_operator = "LessThanThreshold"
  threshold           = 80
  period              = 300
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching" # no requests, no rate
  alarm_actions       = local.actions
}

# What wakes somebody up: nodes that are busy and answer little by themselves, not each of them alone.
composite_alarm "page" {
  alarm_name        = "monitoring-redis-page"
  alarm_description = "Busy nodes, and too few hits"
  alarm_rule = join(" AND ", [
    "(${join(" OR ", [for alarm in alarm.cpu : "ALARM(\"${alarm.alarm_name}\")"])})",
    "(${join(" OR ", [for alarm in alarm.hit_rate : "ALARM(\"${alarm.alarm_name}\")"])})",
  ])
  alarm_actions = local.actions
}

# The pages of the site, beside what it keeps in Redis.
cache_cluster "pages" {
  cluster_id             = "monitoring-pages"
  engine                 = "memcached"
  node_type              = "cache.t3.micro"
  num_cache_nodes        = 2
  az_mode                = "cross-az"
  subnet_group_name      = subnet_group.redis.name
  notification_topic_arn = var.topic
}

# Two graphs for each cache, side by side, with a line for each node: load and memory, hits and evictions. Memcached has
# other metrics than Redis, and each graph is of the region of its cache.
dashboard "caches" {
  dashboard_name = "monitoring-caches"
  watch          = [replication_group.redis, cache_cluster.pages]
}

output "alarms" {
  value = sort(concat([for alarm in alarm.cpu : alarm.alarm_name], [for alarm in alarm.hit_rate : alarm.alarm_name]))
}
