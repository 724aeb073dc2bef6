# Memcached over several zones, with the three alarms that it can have: it knows neither a hit rate nor a share of its
# memory, so that the first is computed of hits and misses.

stack "memcached" {
  tags = { Environment = env.name }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-east-1"
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

parameter_group "sessions" {
  name   = "sessions-memcached16" # a name cannot have a dot
  family = "memcached1.6"
  parameters = {
    max_item_size            = 2097152
    chunk_size_growth_factor = 1.25
  }
}

security_group "sessions" {
  name   = "sessions"
  vpc_id = data.vpc.main.id

  ingress {
    from_port   = 11211
    to_port     = 11211
    protocol    = "tcp"
    cidr_blocks = [data.vpc.main.cidr_block]
  }
}

cache_cluster "sessions" {
  cluster_id                 = "sessions"
  engine                     = "memcached"
  engine_version             = "1.6.17"
  node_type                  = "cache.r6g.large"
  port                       = 11211
  num_cache_nodes            = var.nodes
  az_mode                    = var.nodes > 1 ? "cross-az" : "single-az"
  parameter_group_name       = parameter_group.sessions.name
  subnet_group_name          = subnet_group.sessions.name
  security_group_ids         = [security_group.sessions.id]
  transit_encryption_enabled = true
  maintenance_window         = "sun:04:00-sun:05:00"
}

# An alarm for each node.
alarm "cpu" {
  target              = cache_cluster.sessions
  alarm_name          = "${node.id}-cpu-high"
  metric_name         = "CPUUtilization"
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  period              = 300
  evaluation_periods  = 2
}

alarm "evictions" {
  target              = cache_cluster.sessions
  alarm_name          = "${node.id}-evictions-high"
  metric_name         = "Evictions"
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 50
  period              = 300
  evaluation_periods  = 2
}

# One over all nodes: which node is asked is the clients' affair.
alarm "hit_rate" {
  alarm_name          = "${cache_cluster.sessions.cluster_id}-hit-rate-low"
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
