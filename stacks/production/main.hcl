# One object holds every decision about the cache; the blocks below only carry them out. Two switches turn backups and
# encryption on, and the guards at the end say what must never be true in production.

stack "production" {
  default_environment = "local"
  tags                = { Environment = env.name, Project = "web-app" }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}

environment "prod" {
  region     = "us-west-2"
  account_id = "123456789012"
  protect    = true
  vars       = { node_type = "cache.r7g.large" }
}

variable "node_type" {
  type    = string
  default = "cache.t3.small"
}

variable "nodes" {
  type    = number
  default = 3
}

locals {
  config = {
    id         = "production-redis"
    node_type  = var.node_type
    nodes      = var.nodes
    available  = var.nodes > 1
    backup     = true
    encryption = true
  }
}

data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

subnet_group "redis" {
  name       = local.config.id
  subnet_ids = data.subnets.private.ids
}

parameter_group "redis" {
  name       = "${local.config.id}7"
  family     = "redis7"
  parameters = { maxmemory-policy = "allkeys-lru", timeout = 300, tcp-keepalive = 60 }
}

security_group "redis" {
  name_prefix = "${local.config.id}-"
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
  replication_group_id       = local.config.id
  description                = "The cache of the web application"
  engine_version             = "7.1"
  node_type                  = local.config.node_type
  num_cache_clusters         = local.config.nodes
  automatic_failover_enabled = local.config.available
  multi_az_enabled           = local.config.available
  parameter_group_name       = parameter_group.redis.name
  subnet_group_name          = subnet_group.redis.name
  security_group_ids         = [security_group.redis.id]

  snapshot_retention_limit = local.config.backup ? 7 : 0
  snapshot_window          = "03:00-05:00"
  maintenance_window       = "sun:05:00-sun:07:00"

  at_rest_encryption_enabled = local.config.encryption
  transit_encryption_enabled = local.config.encryption

  lifecycle {
    # Judged in the plan, before anything is sent.
    precondition {
      condition     = env.name != "prod" || local.config.available && local.config.backup && local.config.encryption
      error_message = "Production wants a replica, backups and encryption."
    }
  }
}

alarm "cpu" {
  target              = replication_group.redis
  alarm_name          = "${node.id}-cpu-high"
  alarm_description   = "A node of the web application's cache is busy"
  metric_name         = "EngineCPUUtilization"
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  period              = 300
  evaluation_periods  = 2
}

output "endpoint" { value = replication_group.redis.primary_endpoint_address }
