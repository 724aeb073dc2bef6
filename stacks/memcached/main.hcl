# Memcached over several zones, with the three alarms that it can have: it knows neither a hit rate nor a share of its
# memory, so that the first is computed of hits and misses.
#
# What a cluster of Memcached cannot have: logs that are delivered, and a place in a replication group.

stack "memcached" {
  tags = { Environment = env.name }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-east-1"
}

variable "topic" {
  type        = string
  default     = "arn:aws:sns:us-east-1:000000000000:on-call"
  description = "The SNS topic that is told what happens to the nodes, and when something is wrong."
}

variable "zones" {
  type        = list(string)
  default     = null
  description = "A zone for each node, where AWS shall not choose them."
}

variable "nodes" {
  type        = number
  default     = 3
  description = "More of them begin empty; with fewer, what the last ones held is lost."
}

data "vpc" "main" {
  default = true
}

data "subnets" "main" {
  vpc_id = data.vpc.main.id
}

subnet_group "sessions" {
  name       = "sessions"
  subnet_ids = data.subnets.main.ids
}

# Instead of AWS's own, default.memcached1.6, in which nothing can be changed.
parameter_group "sessions" {
  name        = "sessions-memcached16" # a name cannot have a dot
  family      = "memcached1.6"
  description = "Parameters of the sessions"
  parameters = {
    max_item_size            = 2097152
    chunk_size_growth_factor = 1.25
  }
}

security_group "sessions" {
  name        = "sessions"
  description = "Memcached from within the VPC"
  vpc_id      = data.vpc.main.id

  ingress {
    description = "Memcached from within the VPC"
    from_port   = 11211
    to_port     = 11211
    protocol    = "tcp"
    cidr_blocks = [data.vpc.main.cidr_block]
  }
}

# The hour at which the stack was made, kept in the state: timestamp() would be another one in each plan.
time_static "made" {}

cache_cluster "sessions" {
  cluster_id                   = "sessions"
  engine                       = "memcached"
  engine_version               = "1.6.17"
  node_type                    = "cache.r6g.large"
  port                         = 11211
  num_cache_nodes              = var.nodes
  az_mode                      = var.nodes > 1 ? "cross-az" : "single-az"
  preferred_availability_zones = var.zones
  parameter_group_name         = parameter_group.sessions.name
  subnet_group_name            = subnet_group.sessions.name
  security_group_ids           = [security_group.sessions.id]
  network_type                 = "ipv4"
  ip_discovery                 = "ipv4"
  transit_encryption_enabled   = true
  maintenance_window           = "sun:04:00-sun:05:00"
  auto_minor_version_upgrade   = true
  notification_topic_arn       = var.topic
  tags                         = { Name = "sessions", CreatedAt = time_static.made.rfc3339 }
}

# An alarm for each node.
alarm "cpu" {
  target              = cache_cluster.sessions
  alarm_name          = "${node.id}-HighCPUUtilization"
  alarm_description   = "The node is busy"
  alarm_actions       = [var.topic]
  metric_name         = "CPUUtilization"
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  period              = 300
  evaluation_periods  = 2
}

alarm "evictions" {
  target              = cache_cluster.sessions
  alarm_name          = "${node.id}-HighEvictions"
  alarm_description   = "Items are thrown out before their time"
  alarm_actions       = [var.topic]
  metric_name         = "Evictions"
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 50
  period              = 300
  evaluation_periods  = 2
}

# One over all nodes: which node is asked is the clients' affair.
alarm "hit_rate" {
  alarm_name          = "${cache_cluster.sessions.cluster_id}-LowCacheHitRate"
  alarm_description   = "Too little of what is asked for is there"
  alarm_actions       = [var.topic]
  comparison_operator = "LessThanThreshold"
  threshold           = 85
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching" # nothing asked, nothing missed

  metric_query {
    id          = "rate"
    label       = "Hit rate in percent"
    expression  = "100 * hits / (hits + misses)"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { hits = "GetHits", misses = "GetMisses" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/ElastiCache"
        metric_name = metric_query.value
        stat        = "Sum"
        period      = 300
        dimensions  = { CacheClusterId = cache_cluster.sessions.cluster_id }
      }
    }
  }
}

# Clients that discover nodes themselves begin here.
output "endpoint" {
  value = cache_cluster.sessions.configuration_endpoint
}

# The others are told every node.
output "nodes" {
  value = [for node in cache_cluster.sessions.cache_nodes : "${node.address}:${node.port}"]
}
