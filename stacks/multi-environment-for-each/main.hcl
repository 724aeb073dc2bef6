# Several environments in one account and one state: one block, repeated for each entry of a map. Environment blocks
# keep them further apart; compare the stack `multi-environment`.

stack "multi-environment-for-each" {
  tags = { Project = "multi-env-app" }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}

variable "environments" {
  type = map(object({
    node_type = string
    nodes     = optional(number, 1)
  }))

  default = {
    dev     = { node_type = "cache.t3.micro" }
    staging = { node_type = "cache.t3.small", nodes = 2 }
    prod    = { node_type = "cache.t3.medium", nodes = 3 }
  }
}

data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

subnet_group "redis" {
  name       = "multi-env-redis"
  subnet_ids = data.subnets.private.ids
}

parameter_group "redis" {
  name       = "multi-env-redis7"
  family     = "redis7"
  parameters = { maxmemory-policy = "allkeys-lru" }
}

security_group "redis" {
  name_prefix = "multi-env-redis-"
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
  for_each = var.environments

  replication_group_id       = "${each.key}-redis-cluster"
  description                = "${title(each.key)} Redis"
  engine_version             = "7.1"
  node_type                  = each.value.node_type
  num_cache_clusters         = each.value.nodes
  automatic_failover_enabled = each.value.nodes > 1
  multi_az_enabled           = each.value.nodes > 1
  parameter_group_name       = parameter_group.redis.name
  subnet_group_name          = subnet_group.redis.name
  security_group_ids         = [security_group.redis.id]
  protect                    = each.key == "prod" && env.name != "local"

  tags = {
    Name        = "${title(each.key)} cache"
    Environment = each.key
  }
}

output "endpoints" {
  value = { for name, group in replication_group.redis : name => group.primary_endpoint_address }
}
