# The cache of one application, in shards: keys are spread over several primaries, each with replicas. Clients ask one
# configuration endpoint and must speak cluster mode.
#
#   export REDIS_AUTH_TOKEN=$(openssl rand -hex 32)

stack "application" {
  default_environment = "local"

  tags = {
    Application = var.application_name
    Environment = env.name
    Engine      = "redis"
    ManagedBy   = "cachestack"
  }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
  vars     = { node_type = "cache.t4g.small", shards = 2, replicas_per_shard = 1 }
}

environment "prod" {
  region     = "us-west-2"
  account_id = "123456789012"
  protect    = true

  vars = {
    node_type          = "cache.r6g.large"
    shards             = 3
    replicas_per_shard = 2
    sns_topic_arn      = "arn:aws:sns:us-west-2:123456789012:on-call"
  }
}

variable "application_name" {
  type    = string
  default = "shop"
}

variable "node_type" { type = string }

variable "shards" {
  type        = number
  description = "More or fewer of them can be had while the group runs."
}

variable "replicas_per_shard" { type = number }

variable "sns_topic_arn" {
  type    = string
  default = null
}

variable "client_security_groups" {
  type        = map(string)
  default     = {}
  description = "Existing security groups that may connect, by a name for each."
}

locals {
  name    = "${var.application_name}-redis"
  actions = compact([var.sns_topic_arn])
}

data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

subnet_group "redis" {
  name       = local.name
  subnet_ids = data.subnets.private.ids
}

security_group "client" {
  name_prefix = "${local.name}-client-"
  description = "Clients of ${local.name}"
  vpc_id      = data.vpc.main.id
}

security_group "redis" {
  name_prefix = "${local.name}-"
  description = "Redis of ${var.application_name}"
  vpc_id      = data.vpc.main.id

  dynamic "ingress" {
    for_each = merge({ own = security_group.client.id }, var.client_security_groups)

    content {
      description     = "Redis from ${ingress.key}"
      from_port       = 6379
      to_port         = 6379
      protocol        = "tcp"
      security_groups = [ingress.value]
    }
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

# Shards need a parameter group with cluster mode on; it cannot be turned on in a group that is in use.
parameter_group "redis" {
  name   = "${local.name}-cluster-parameters"
  family = "redis7"

  parameters = {
    cluster-enabled  = "yes"
    maxmemory-policy = "allkeys-lru"
    timeout          = 300
    tcp-keepalive    = 60
  }
}

replication_group "redis" {
  replication_group_id       = local.name
  description                = "Redis of ${var.application_name}"
  engine_version             = "7.1"
  node_type                  = var.node_type
  port                       = 6379
  parameter_group_name       = parameter_group.redis.name
  subnet_group_name          = subnet_group.redis.name
  security_group_ids         = [security_group.redis.id]
  num_node_groups            = var.shards
  replicas_per_node_group    = var.replicas_per_shard
  automatic_failover_enabled = true # cluster mode cannot be without it
  multi_az_enabled           = var.replicas_per_shard > 0

  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  auth_token                 = secret("env:REDIS_AUTH_TOKEN")

  snapshot_retention_limit = 7
  snapshot_window          = "03:00-04:00"
  maintenance_window       = "sun:04:00-sun:05:00"
  notification_topic_arn   = var.sns_topic_arn

  tags = { Name = local.name }
}

# Every node of every shard, not only the first.
alarm "cpu" {
  target              = replication_group.redis
  alarm_name          = "${node.id}-cpu-high"
  alarm_description   = "Shard ${node.shard}, node ${node.index}: busy"
  metric_name         = "CPUUtilization"
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  period              = 300
  evaluation_periods  = 2
  alarm_actions       = local.actions
}

# One alarm for each shard, over its nodes.
alarm "memory" {
  target              = replication_group.redis
  per                 = "shard"
  alarm_name          = "${node.id}-memory-high"
  alarm_description   = "Shard ${node.shard} is filling up"
  metric_name         = "DatabaseMemoryUsagePercentage"
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 85
  period              = 300
  evaluation_periods  = 2
  alarm_actions       = local.actions
}

output "endpoint" {
  description = "Where clients in cluster mode begin."
  value       = replication_group.redis.configuration_endpoint_address
}

output "client_security_group" { value = security_group.client.id }
