# 16. Cheap.
resource "aws_elasticache_replication_group" "cost_optimized" {
  replication_group_id       = "cost-optimized-redis-cluster"
  description                = "Redis on one small node"
  node_type                  = "cache.t3.micro"
  port                       = 6379
  parameter_group_name       = aws_elasticache_parameter_group.redis.name
  subnet_group_name          = aws_elasticache_subnet_group.redis.name
  security_group_ids         = [aws_security_group.redis.id]
  num_cache_clusters         = 1
  automatic_failover_enabled = false
  multi_az_enabled           = false
  engine_version             = "7.0"
  tags                       = { Name = "Cost Optimized Redis Cluster", Environment = "production" }
}

# 18. For finding out why a cache cannot be reached: nothing of one's own around it.
resource "aws_elasticache_replication_group" "debug" {
  replication_group_id       = "debug-redis-cluster"
  description                = "Redis to find faults with"
  node_type                  = "cache.t3.micro"
  port                       = 6379
  num_cache_clusters         = 1
  automatic_failover_enabled = false
  multi_az_enabled           = false
  engine_version             = "7.0"
  tags                       = { Name = "Debug Redis Cluster", Environment = "production" }
}

# 19. For finding out why snapshots fail.
resource "aws_elasticache_replication_group" "debug_backup" {
  replication_group_id       = "debug-backup-redis-cluster"
  description                = "Redis to find faults of snapshots with"
  node_type                  = "cache.t3.micro"
  port                       = 6379
  num_cache_clusters         = 1
  automatic_failover_enabled = false
  multi_az_enabled           = false
  engine_version             = "7.0"
  snapshot_retention_limit   = 1
  snapshot_window            = "03:00-05:00"
  tags                       = { Name = "Debug Backup Redis Cluster", Environment = "production" }
}
