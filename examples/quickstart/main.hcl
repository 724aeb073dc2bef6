# A small Redis with a replica: subnet group, parameter group, security group, replication group and alarms.

stack "quickstart" {
  default_environment = "local"
  tags                = { Application = "quickstart", Environment = env.name }
}

# The built-in emulator: no account, nothing to install.
environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}

variable "node_type" {
  type    = string
  default = "cache.t4g.micro"
}

data "vpc" "main" { default = true }

data "subnets" "main" { vpc_id = data.vpc.main.id }

subnet_group "redis" {
  name       = "quickstart-redis"
  subnet_ids = data.subnets.main.ids
}

parameter_group "redis" {
  name       = "quickstart-redis7"
  family     = "redis7"
  parameters = { maxmemory-policy = "allkeys-lru", timeout = 300 }
}

security_group "redis" {
  name_prefix = "quickstart-redis-"
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
  replication_group_id       = "quickstart-redis"
  description                = "Quickstart"
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = var.node_type
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  subnet_group_name          = subnet_group.redis.name
  parameter_group_name       = parameter_group.redis.name
  security_group_ids         = [security_group.redis.id]
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  snapshot_retention_limit   = 7
  snapshot_window            = "03:00-05:00"
  maintenance_window         = "sun:05:00-sun:07:00"
}

# One alarm for each node; its ids are known before anything is made.
alarm "cpu" {
  target              = replication_group.redis
  alarm_name          = "${node.id}-cpu-high"
  metric_name         = "CPUUtilization"
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  period              = 300
  evaluation_periods  = 2
}

output "endpoint" { value = replication_group.redis.primary_endpoint_address }

output "nodes" { value = replication_group.redis.member_clusters }
