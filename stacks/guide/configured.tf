# 6. All by variables.
variable "custom" {
  type = object({
    replication_group_id       = optional(string, "custom-redis-cluster")
    description                = optional(string, "Redis as the variables want it")
    node_type                  = optional(string, "cache.t3.micro")
    port                       = optional(number, 6379)
    num_cache_clusters         = optional(number, 2)
    automatic_failover_enabled = optional(bool, true)
    multi_az_enabled           = optional(bool, true)
    engine_version             = optional(string, "7.0")
    snapshot_retention_limit   = optional(number, 5)
    snapshot_window            = optional(string, "03:00-05:00")
    maintenance_window         = optional(string, "sun:05:00-sun:07:00")
    at_rest_encryption_enabled = optional(bool, true)
    transit_encryption_enabled = optional(bool, true)
  })
  default = {}
}

variable "common_tags" {
  type    = map(string)
  default = { Environment = "production", Team = "platform" }
}

resource "aws_elasticache_replication_group" "custom" {
  replication_group_id       = var.custom.replication_group_id
  description                = var.custom.description
  node_type                  = var.custom.node_type
  port                       = var.custom.port
  parameter_group_name       = aws_elasticache_parameter_group.redis.name
  subnet_group_name          = aws_elasticache_subnet_group.redis.name
  security_group_ids         = [aws_security_group.redis.id]
  num_cache_clusters         = var.custom.num_cache_clusters
  automatic_failover_enabled = var.custom.automatic_failover_enabled
  multi_az_enabled           = var.custom.multi_az_enabled
  engine_version             = var.custom.engine_version
  snapshot_retention_limit   = var.custom.snapshot_retention_limit
  snapshot_window            = var.custom.snapshot_window
  maintenance_window         = var.custom.maintenance_window
  at_rest_encryption_enabled = var.custom.at_rest_encryption_enabled
  transit_encryption_enabled = var.custom.transit_encryption_enabled

  tags = merge(var.common_tags, {
    Name = var.custom.replication_group_id
  })
}

# 7. Much of what can be said, with a log of what was slow.
resource "aws_elasticache_replication_group" "advanced" {
  replication_group_id       = "advanced-redis-cluster"
  description                = "Redis with much said"
  node_type                  = "cache.t3.small"
  port                       = 6379
  parameter_group_name       = aws_elasticache_parameter_group.redis.name
  subnet_group_name          = aws_elasticache_subnet_group.redis.name
  security_group_ids         = [aws_security_group.redis.id]
  num_cache_clusters         = 3
  automatic_failover_enabled = true
  multi_az_enabled           = true
  engine_version             = "7.0"
  snapshot_retention_limit   = 7
  snapshot_window            = "03:00-05:00"
  maintenance_window         = "sun:05:00-sun:07:00"
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true

  log_delivery_configuration {
    destination      = aws_cloudwatch_log_group.redis_logs.name
    destination_type = "cloudwatch-logs"
    log_format       = "text"
    log_type         = "slow-log"
  }

  tags = { Name = "Advanced Redis Cluster", Environment = "production" }
}

resource "aws_cloudwatch_log_group" "redis_logs" {
  name              = "/aws/elasticache/redis"
  retention_in_days = 30
  tags              = { Name = "Redis Logs", Environment = "production" }
}

# 9. All by an object of locals.
locals {
  elasticache_config = {
    replication_group_id = "production-redis-cluster"
    node_type            = "cache.t3.small"
    num_cache_clusters   = 3
    available            = true
    enable_backup        = true
    enable_encryption    = true
  }
}

resource "aws_elasticache_replication_group" "production" {
  replication_group_id       = local.elasticache_config.replication_group_id
  description                = "Redis in production"
  node_type                  = local.elasticache_config.node_type
  port                       = 6379
  parameter_group_name       = aws_elasticache_parameter_group.redis.name
  subnet_group_name          = aws_elasticache_subnet_group.redis.name
  security_group_ids         = [aws_security_group.redis.id]
  num_cache_clusters         = local.elasticache_config.num_cache_clusters
  automatic_failover_enabled = local.elasticache_config.available
  multi_az_enabled           = local.elasticache_config.available
  engine_version             = "7.0"
  snapshot_retention_limit   = local.elasticache_config.enable_backup ? 7 : 0
  snapshot_window            = "03:00-05:00"
  maintenance_window         = "sun:05:00-sun:07:00"
  at_rest_encryption_enabled = local.elasticache_config.enable_encryption
  transit_encryption_enabled = local.elasticache_config.enable_encryption
  tags                       = { Name = "Production Redis Cluster", Environment = "production", Project = "web-app" }
}
