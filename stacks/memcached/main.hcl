# Memcached over two zones, with an alarm on evictions.

stack "memcached" {}

environment "local" {
  endpoint = "emulator"
  region   = "us-east-1"
}

variable "nodes" {
  type    = number
  default = 2
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
  name       = "sessions"
  family     = "memcached1.6"
  parameters = { max_item_size = 10485760 }
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
  engine_version             = "1.6.22"
  node_type                  = "cache.t4g.small"
  num_cache_nodes            = var.nodes
  az_mode                    = "cross-az"
  parameter_group_name       = parameter_group.sessions.name
  subnet_group_name          = subnet_group.sessions.name
  security_group_ids         = [security_group.sessions.id]
  transit_encryption_enabled = true
  maintenance_window         = "sun:05:00-sun:07:00"
}

alarm "evictions" {
  alarm_name          = "sessions-evictions"
  metric_name         = "Evictions"
  namespace           = "AWS/ElastiCache"
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 1000
  period              = 300
  evaluation_periods  = 2
  dimensions          = { CacheClusterId = cache_cluster.sessions.cluster_id }
}

output "endpoint" {
  value = cache_cluster.sessions.configuration_endpoint
}
