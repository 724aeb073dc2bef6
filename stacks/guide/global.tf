# 5. A global datastore. Burstable nodes cannot be members. The second member takes version, node type and parameters from
# the first, and stands in subnets and behind a security group of its own region. Terraform's provider has no tags for the
# datastore itself.
resource "aws_elasticache_replication_group" "redis_primary" {
  provider = aws.us_east_1

  replication_group_id       = "redis-primary-cluster"
  description                = "The first member"
  node_type                  = "cache.m6g.large"
  port                       = 6379
  parameter_group_name       = aws_elasticache_parameter_group.redis.name
  subnet_group_name          = aws_elasticache_subnet_group.redis.name
  security_group_ids         = [aws_security_group.redis.id]
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  engine_version             = "7.0"
  tags                       = { Name = "Redis Primary Cluster", Environment = "production" }
}

resource "aws_elasticache_global_replication_group" "redis_global" {
  global_replication_group_id_suffix = "global"
  primary_replication_group_id       = aws_elasticache_replication_group.redis_primary.id
}

resource "aws_elasticache_subnet_group" "redis_secondary" {
  provider = aws.us_west_2

  name       = "redis-subnet-group"
  subnet_ids = data.aws_subnets.secondary.ids
  tags       = { Name = "Redis Subnet Group", Environment = "production" }
}

resource "aws_security_group" "redis_secondary" {
  provider = aws.us_west_2

  name_prefix = "redis-"
  vpc_id      = data.aws_vpc.secondary.id

  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = [data.aws_vpc.secondary.cidr_block]
  }

  tags = { Name = "Redis Security Group", Environment = "production" }
}

resource "aws_elasticache_replication_group" "redis_secondary" {
  provider = aws.us_west_2

  replication_group_id        = "redis-secondary-cluster"
  description                 = "The second member"
  port                        = 6379
  subnet_group_name           = aws_elasticache_subnet_group.redis_secondary.name
  security_group_ids          = [aws_security_group.redis_secondary.id]
  num_cache_clusters          = 2
  automatic_failover_enabled  = true
  multi_az_enabled            = true
  global_replication_group_id = aws_elasticache_global_replication_group.redis_global.global_replication_group_id
  tags                        = { Name = "Redis Secondary Cluster", Environment = "production" }
}
