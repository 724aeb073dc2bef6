# The groups of a complete guide to ElastiCache, side by side in one root module: the provider polls each of them
# every 30 seconds, so that one run of all takes little longer than a run of one. The network comes from data
# sources. `step` is 1 for the first apply and 2 for the change.
#
# Of the guide are here: redis, redis_backup, redis_encrypted, redis_primary, custom, advanced, simple, production, the
# environments (dev, staging, prod), secure, cost_optimized, backup_optimized, debug, debug_backup, ecommerce, the
# microservices (user, order), memcached, both alarms, and their subnet groups, parameter groups and security groups.
# redis_secondary is a group of its own in another region: kinds.tf has a global datastore; log groups and metric filters
# are another service's. A token, shards, and rules of their own are more than the guide has.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "step" {
  type    = number
  default = 1
}

locals {
  changed = var.step == 2
}

provider "aws" {
  region     = "us-east-1"
  access_key = "123456789012"
  secret_key = "none"
}

provider "aws" {
  alias      = "us_west_2"
  region     = "us-west-2"
  access_key = "123456789012"
  secret_key = "none"
}

data "aws_caller_identity" "current" {}

data "aws_vpc" "main" {
  default = true
}

data "aws_subnets" "private" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.main.id]
  }
}

data "aws_subnet" "private" {
  for_each = toset(data.aws_subnets.private.ids)
  id       = each.value
}

data "aws_availability_zones" "all" {
  state = "available"
}

data "aws_route_tables" "main" {
  vpc_id = data.aws_vpc.main.id
}

resource "aws_elasticache_subnet_group" "redis" {
  name        = "redis-subnet-group"
  description = local.changed ? "Subnets of the caches" : "Managed by Terraform"
  subnet_ids  = [for subnet in data.aws_subnet.private : subnet.id]

  tags = {
    Name        = "Redis Subnet Group"
    Environment = "production"
  }
}

resource "aws_elasticache_subnet_group" "secure" {
  name       = "secure-elasticache-subnet-group"
  subnet_ids = slice(sort(data.aws_subnets.private.ids), 0, local.changed ? 3 : 2)

  tags = {
    Name        = "Secure ElastiCache Subnet Group"
    Environment = "production"
  }
}

resource "aws_elasticache_subnet_group" "memcached" {
  name       = "memcached-subnet-group"
  subnet_ids = data.aws_subnets.private.ids

  tags = {
    Name        = "Memcached Subnet Group"
    Environment = "production"
  }
}

resource "aws_elasticache_parameter_group" "redis" {
  family = "redis7"
  name   = "redis-parameter-group"

  parameter {
    name  = "maxmemory-policy"
    value = local.changed ? "volatile-lru" : "allkeys-lru"
  }

  dynamic "parameter" {
    for_each = local.changed ? [] : ["20"]
    content {
      name  = "timeout"
      value = parameter.value
    }
  }

  tags = {
    Name        = "Redis Parameter Group"
    Environment = local.changed ? "staging" : "production"
  }
}

resource "aws_elasticache_parameter_group" "sharded" {
  family = "valkey8"
  name   = "sharded-parameter-group"

  parameter {
    name  = "cluster-enabled"
    value = "yes"
  }
}

resource "aws_elasticache_parameter_group" "memcached" {
  family = "memcached1.6"
  name   = "memcached-parameter-group"

  tags = {
    Name        = "Memcached Parameter Group"
    Environment = "production"
  }
}

resource "aws_security_group" "redis" {
  name_prefix = "redis-"
  vpc_id      = data.aws_vpc.main.id

  ingress {
    from_port   = 6379
    to_port     = local.changed ? 6380 : 6379
    protocol    = "tcp"
    cidr_blocks = [data.aws_vpc.main.cidr_block]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = {
    Name        = "Redis Security Group"
    Environment = "production"
  }
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

  tags = {
    Name = "Memcached Security Group"
  }
}

resource "aws_security_group" "elasticache_secure" {
  name_prefix = "elasticache-secure-"
  vpc_id      = data.aws_vpc.main.id

  tags = {
    Name        = "ElastiCache Secure Security Group"
    Environment = "production"
  }
}

resource "aws_vpc_security_group_ingress_rule" "secure" {
  security_group_id            = aws_security_group.elasticache_secure.id
  referenced_security_group_id = aws_security_group.redis.id
  description                  = local.changed ? "from the caches" : "caches"
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379

  tags = {
    Name = "from caches"
  }
}

resource "aws_vpc_security_group_egress_rule" "secure" {
  security_group_id = aws_security_group.elasticache_secure.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

locals {
  # What the groups of the guide have in common, and then what is particular to each.
  groups = {
    redis-cluster                = { nodes = local.changed ? 3 : 2 }
    redis-backup-cluster         = { nodes = 2, retention = local.changed ? 7 : 5 }
    redis-encrypted-cluster      = { nodes = 2, encrypted = true }
    redis-primary-cluster        = { nodes = 2, version = local.changed ? "7.1" : "7.0" }
    custom-redis-cluster         = { nodes = local.changed ? 4 : 3, retention = 2, encrypted = true }
    advanced-redis-cluster       = { nodes = 3, type = "cache.t3.small", retention = 7, encrypted = true, log = true }
    production-redis-cluster     = { nodes = local.changed ? 2 : 3, type = "cache.t3.small", retention = 7, encrypted = true }
    dev-redis-cluster            = { nodes = 1 }
    staging-redis-cluster        = { nodes = 2, type = local.changed ? "cache.t3.medium" : "cache.t3.small" }
    prod-redis-cluster           = { nodes = 3, type = "cache.t3.medium" }
    secure-redis-cluster         = { nodes = 2, encrypted = true }
    cost-optimized-redis-cluster = { nodes = local.changed ? 2 : 1 }
    backup-optimized-cluster     = { nodes = 2, retention = 3 }
    ecommerce-redis-cluster      = { nodes = 3, type = "cache.t3.small", retention = 7, encrypted = true }
    user-service-redis-cluster   = { nodes = 2, encrypted = true }
    order-service-redis-cluster  = { nodes = 2, encrypted = true }
  }
}

resource "aws_elasticache_replication_group" "guide" {
  for_each = local.groups

  replication_group_id       = each.key
  description                = local.changed ? "${each.key}, changed" : each.key
  node_type                  = lookup(each.value, "type", "cache.t3.micro")
  port                       = 6379
  parameter_group_name       = aws_elasticache_parameter_group.redis.name
  subnet_group_name          = aws_elasticache_subnet_group.redis.name
  security_group_ids         = [aws_security_group.redis.id]
  num_cache_clusters         = each.value.nodes
  automatic_failover_enabled = each.value.nodes > 1
  multi_az_enabled           = each.value.nodes > 1
  engine_version             = lookup(each.value, "version", "7.0")
  snapshot_retention_limit   = lookup(each.value, "retention", null)
  snapshot_window            = lookup(each.value, "retention", 0) > 0 ? "03:00-05:00" : null
  maintenance_window         = lookup(each.value, "retention", 0) > 0 ? "sun:05:00-sun:07:00" : null
  at_rest_encryption_enabled = lookup(each.value, "encrypted", null)
  transit_encryption_enabled = lookup(each.value, "encrypted", null)
  apply_immediately          = true

  dynamic "log_delivery_configuration" {
    for_each = lookup(each.value, "log", false) ? ["slow-log"] : []
    content {
      destination      = "/aws/elasticache/redis"
      destination_type = "cloudwatch-logs"
      log_format       = local.changed ? "json" : "text"
      log_type         = log_delivery_configuration.value
    }
  }

  tags = {
    Name        = title(replace(each.key, "-", " "))
    Environment = "production"
    Step        = var.step
  }
}

resource "aws_elasticache_replication_group" "simple" {
  for_each = { simple-redis-cluster = null, debug-redis-cluster = null, debug-backup-redis-cluster = 1 }

  replication_group_id       = each.key
  description                = "Simple Redis cluster"
  node_type                  = "cache.t3.micro"
  port                       = 6379
  num_cache_clusters         = 1
  automatic_failover_enabled = false
  multi_az_enabled           = false
  engine_version             = "7.0"
  snapshot_retention_limit   = each.value
  snapshot_window            = each.value == null ? null : "03:00-05:00"
  maintenance_window         = each.value == null ? null : "sun:05:00-sun:07:00"
}

resource "aws_elasticache_replication_group" "secure_token" {
  replication_group_id       = "token-redis-cluster"
  description                = "A group with a token"
  node_type                  = "cache.t3.micro"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  subnet_group_name          = aws_elasticache_subnet_group.secure.name
  security_group_ids         = [aws_security_group.elasticache_secure.id]
  engine_version             = "7.1"
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  auth_token                 = local.changed ? "another-token-of-the-suite" : "one-token-of-the-suite-0"
  auth_token_update_strategy = "ROTATE"
  apply_immediately          = true
}

resource "aws_elasticache_replication_group" "sharded" {
  replication_group_id       = "sharded-valkey-cluster"
  description                = "A group with cluster mode enabled"
  engine                     = "valkey"
  engine_version             = "8.0"
  node_type                  = "cache.t4g.small"
  num_node_groups            = local.changed ? 3 : 2
  replicas_per_node_group    = 1
  automatic_failover_enabled = true
  multi_az_enabled           = true
  parameter_group_name       = aws_elasticache_parameter_group.sharded.name
  subnet_group_name          = aws_elasticache_subnet_group.redis.name
  security_group_ids         = [aws_security_group.redis.id]
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  apply_immediately          = true
}

resource "aws_elasticache_replication_group" "second_region" {
  provider = aws.us_west_2

  replication_group_id = "redis-secondary-cluster"
  description          = "A group in another region"
  node_type            = "cache.t3.micro"
  num_cache_clusters   = 1
  engine_version       = "7.0"
}

resource "aws_elasticache_cluster" "memcached" {
  cluster_id           = "memcached-cluster"
  engine               = "memcached"
  node_type            = "cache.t3.micro"
  num_cache_nodes      = local.changed ? 3 : 2
  parameter_group_name = aws_elasticache_parameter_group.memcached.name
  subnet_group_name    = aws_elasticache_subnet_group.memcached.name
  security_group_ids   = [aws_security_group.memcached.id]
  port                 = 11211
  apply_immediately    = true

  tags = {
    Name        = "Memcached Cluster"
    Environment = "production"
  }
}

resource "aws_cloudwatch_metric_alarm" "elasticache" {
  for_each = {
    ElastiCacheAlarm       = { metric = "CPUUtilization", threshold = local.changed ? 90 : 80 }
    ElastiCacheMemoryAlarm = { metric = "DatabaseMemoryUsagePercentage", threshold = 85.5 }
  }

  alarm_name          = each.key
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = "2"
  metric_name         = each.value.metric
  namespace           = "AWS/ElastiCache"
  period              = "300"
  statistic           = "Average"
  threshold           = each.value.threshold
  alarm_description   = "This metric monitors ElastiCache ${each.value.metric}"

  dimensions = {
    CacheClusterId = one([
      for id in aws_elasticache_replication_group.guide["redis-cluster"].member_clusters : id if endswith(id, "-001")
    ])
  }

  tags = {
    Name        = each.key
    Environment = local.changed ? "staging" : "production"
  }
}

output "account" {
  value = data.aws_caller_identity.current.account_id
}

output "endpoints" {
  value = {
    for name, group in aws_elasticache_replication_group.guide : name => group.primary_endpoint_address
  }
}
