# 1. Redis with all that it needs.
resource "aws_elasticache_subnet_group" "redis" {
  name       = "redis-subnet-group"
  subnet_ids = data.aws_subnet.private[*].id
  tags       = { Name = "Redis Subnet Group", Environment = "production" }
}

# One family for 7.0 and 7.1: its name has no dot.
resource "aws_elasticache_parameter_group" "redis" {
  family = "redis7"
  name   = "redis-parameter-group"

  parameter {
    name  = "maxmemory-policy"
    value = var.eviction
  }

  tags = { Name = "Redis Parameter Group", Environment = "production" }
}

resource "aws_security_group" "redis" {
  name_prefix = "redis-"
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

  tags = { Name = "Redis Security Group", Environment = "production" }
}

variable "eviction" {
  type    = string
  default = "allkeys-lru"
}

resource "aws_elasticache_replication_group" "redis" {
  replication_group_id       = "redis-cluster"
  description                = "Redis"
  node_type                  = "cache.t3.micro"
  port                       = 6379
  parameter_group_name       = aws_elasticache_parameter_group.redis.name
  subnet_group_name          = aws_elasticache_subnet_group.redis.name
  security_group_ids         = [aws_security_group.redis.id]
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  engine_version             = "7.0"
  tags                       = { Name = "Redis Cluster", Environment = "production" }
}

# 2. Memcached with all that it needs.
resource "aws_elasticache_subnet_group" "memcached" {
  name       = "memcached-subnet-group"
  subnet_ids = data.aws_subnet.private[*].id
  tags       = { Name = "Memcached Subnet Group", Environment = "production" }
}

resource "aws_elasticache_parameter_group" "memcached" {
  family = "memcached1.6"
  name   = "memcached-parameter-group"
  tags   = { Name = "Memcached Parameter Group", Environment = "production" }
}

resource "aws_security_group" "memcached" {
  name_prefix = "memcached-"
  vpc_id      = data.aws_vpc.main.id

  ingress {
    from_port   = 11211
    to_port     = 11211
    protocol    = "tcp"
    cidr_blocks = [data.aws_vpc.main.cidr_block]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = { Name = "Memcached Security Group", Environment = "production" }
}

resource "aws_elasticache_cluster" "memcached" {
  cluster_id           = "memcached-cluster"
  engine               = "memcached"
  node_type            = "cache.t3.micro"
  num_cache_nodes      = 2
  parameter_group_name = aws_elasticache_parameter_group.memcached.name
  subnet_group_name    = aws_elasticache_subnet_group.memcached.name
  security_group_ids   = [aws_security_group.memcached.id]
  port                 = 11211
  tags                 = { Name = "Memcached Cluster", Environment = "production" }
}

# 8. The least: one node and nothing else.
resource "aws_elasticache_replication_group" "simple" {
  replication_group_id       = "simple-redis-cluster"
  description                = "One node"
  node_type                  = "cache.t3.micro"
  port                       = 6379
  num_cache_clusters         = 1
  automatic_failover_enabled = false
  multi_az_enabled           = false
  engine_version             = "7.0"
  tags                       = { Name = "Simple Redis Cluster" }
}
