# 10. A group for each environment.
locals {
  environments = {
    dev     = { node_type = "cache.t3.micro", num_cache_clusters = 1, available = false }
    staging = { node_type = "cache.t3.small", num_cache_clusters = 2, available = true }
    prod    = { node_type = "cache.t3.medium", num_cache_clusters = 3, available = true }
  }
}

resource "aws_elasticache_replication_group" "environment" {
  for_each = local.environments

  replication_group_id       = "${each.key}-redis-cluster"
  description                = "Redis for ${each.key}"
  node_type                  = each.value.node_type
  port                       = 6379
  parameter_group_name       = aws_elasticache_parameter_group.redis.name
  subnet_group_name          = aws_elasticache_subnet_group.redis.name
  security_group_ids         = [aws_security_group.redis.id]
  num_cache_clusters         = each.value.num_cache_clusters
  automatic_failover_enabled = each.value.available
  multi_az_enabled           = each.value.available
  engine_version             = "7.0"

  tags = {
    Name        = "${title(each.key)} Redis Cluster"
    Environment = each.key
    Project     = "multi-env-app"
  }
}

# 20. A shop.
locals {
  ecommerce_config = {
    replication_group_id = "ecommerce-redis-cluster"
    node_type            = "cache.t3.small"
    num_cache_clusters   = 3
    available            = true
    enable_backup        = true
    enable_encryption    = true
  }
}

resource "aws_elasticache_replication_group" "ecommerce" {
  replication_group_id       = local.ecommerce_config.replication_group_id
  description                = "Redis of the shop"
  node_type                  = local.ecommerce_config.node_type
  port                       = 6379
  parameter_group_name       = aws_elasticache_parameter_group.redis.name
  subnet_group_name          = aws_elasticache_subnet_group.redis.name
  security_group_ids         = [aws_security_group.redis.id]
  num_cache_clusters         = local.ecommerce_config.num_cache_clusters
  automatic_failover_enabled = local.ecommerce_config.available
  multi_az_enabled           = local.ecommerce_config.available
  engine_version             = "7.0"
  snapshot_retention_limit   = local.ecommerce_config.enable_backup ? 7 : 0
  snapshot_window            = "03:00-05:00"
  maintenance_window         = "sun:05:00-sun:07:00"
  at_rest_encryption_enabled = local.ecommerce_config.enable_encryption
  transit_encryption_enabled = local.ecommerce_config.enable_encryption
  tags                       = { Name = "E-commerce Redis Cluster", Environment = "production", Project = "ecommerce" }
}

# 21. A group for each service.
resource "aws_elasticache_replication_group" "microservices" {
  for_each = toset([
    "user-service",
    "product-service",
    "order-service",
    "payment-service",
  ])

  replication_group_id       = "${each.value}-redis-cluster"
  description                = "Redis of ${each.value}"
  node_type                  = "cache.t3.micro"
  port                       = 6379
  parameter_group_name       = aws_elasticache_parameter_group.redis.name
  subnet_group_name          = aws_elasticache_subnet_group.redis.name
  security_group_ids         = [aws_security_group.redis.id]
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  engine_version             = "7.0"
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true

  tags = {
    Name        = "Microservices ${title(each.value)} Redis Cluster"
    Environment = "production"
    Project     = "microservices"
    Service     = each.value
  }
}
