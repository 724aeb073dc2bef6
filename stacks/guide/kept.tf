# 3. Snapshots.
resource "aws_elasticache_replication_group" "redis_backup" {
  replication_group_id       = "redis-backup-cluster"
  description                = "Redis with snapshots"
  node_type                  = "cache.t3.micro"
  port                       = 6379
  parameter_group_name       = aws_elasticache_parameter_group.redis.name
  subnet_group_name          = aws_elasticache_subnet_group.redis.name
  security_group_ids         = [aws_security_group.redis.id]
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  engine_version             = "7.0"
  snapshot_retention_limit   = 5
  snapshot_window            = "03:00-05:00"
  maintenance_window         = "sun:05:00-sun:07:00"
  tags                       = { Name = "Redis Backup Cluster", Environment = "production" }
}

# 4. Encryption.
resource "aws_elasticache_replication_group" "redis_encrypted" {
  replication_group_id       = "redis-encrypted-cluster"
  description                = "Redis, encrypted"
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
  tags                       = { Name = "Redis Encrypted Cluster", Environment = "production" }
}

# 13. A security group of its own,
resource "aws_security_group" "elasticache_secure" {
  name_prefix = "elasticache-secure-"
  vpc_id      = data.aws_vpc.main.id

  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = [data.aws_vpc.main.cidr_block]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = { Name = "ElastiCache Secure Security Group", Environment = "production" }
}

# 14. a group behind it,
resource "aws_elasticache_replication_group" "secure" {
  replication_group_id       = "secure-redis-cluster"
  description                = "Redis behind a security group of its own"
  node_type                  = "cache.t3.micro"
  port                       = 6379
  parameter_group_name       = aws_elasticache_parameter_group.redis.name
  subnet_group_name          = aws_elasticache_subnet_group.redis.name
  security_group_ids         = [aws_security_group.elasticache_secure.id]
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  engine_version             = "7.0"
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  tags                       = { Name = "Secure Redis Cluster", Environment = "production" }
}

# 15. and subnets that nothing uses yet.
resource "aws_elasticache_subnet_group" "secure" {
  name       = "secure-elasticache-subnet-group"
  subnet_ids = data.aws_subnet.private[*].id
  tags       = { Name = "Secure ElastiCache Subnet Group", Environment = "production" }
}

# 17. Snapshots, fewer of them.
resource "aws_elasticache_replication_group" "backup_optimized" {
  replication_group_id       = "backup-optimized-redis-cluster"
  description                = "Redis with few snapshots"
  node_type                  = "cache.t3.micro"
  port                       = 6379
  parameter_group_name       = aws_elasticache_parameter_group.redis.name
  subnet_group_name          = aws_elasticache_subnet_group.redis.name
  security_group_ids         = [aws_security_group.redis.id]
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  engine_version             = "7.0"
  snapshot_retention_limit   = 3
  snapshot_window            = "03:00-05:00"
  maintenance_window         = "sun:05:00-sun:07:00"
  tags                       = { Name = "Backup Optimized Redis Cluster", Environment = "production" }
}
