# One stack, several environments. Each has an account, a region, values and a state of its own:
#
#   cachestack plan -e staging
#   cachestack apply -e prod

stack "multi-environment" {
  default_environment = "local"
  tags                = { Environment = env.name, Project = "multi-env-app" }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
  vars     = { node_type = "cache.t3.micro", nodes = 1 }
}

environment "dev" {
  region  = "us-west-2"
  profile = "dev" # of the AWS configuration files
  vars    = { node_type = "cache.t3.micro", nodes = 1 }
}

environment "staging" {
  region     = "us-west-2"
  account_id = "210987654321"
  profile    = "staging"
  vars       = { node_type = "cache.t3.small", nodes = 2 }
}

environment "prod" {
  region     = "us-west-2"
  account_id = "123456789012"
  profile    = "prod"
  protect    = true
  vars       = { node_type = "cache.t3.medium", nodes = 3 }
}

variable "node_type" { type = string }

variable "nodes" { type = number }

locals {
  name      = "${env.name}-redis"
  available = var.nodes > 1
}

data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

subnet_group "redis" {
  name       = local.name
  subnet_ids = data.subnets.private.ids
}

parameter_group "redis" {
  name       = "${local.name}7"
  family     = "redis7"
  parameters = { maxmemory-policy = "allkeys-lru" }
}

security_group "redis" {
  name_prefix = "${local.name}-"
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
  replication_group_id       = "${local.name}-cluster"
  description                = "${title(env.name)} Redis"
  engine_version             = "7.1"
  node_type                  = var.node_type
  num_cache_clusters         = var.nodes
  automatic_failover_enabled = local.available
  multi_az_enabled           = local.available
  parameter_group_name       = parameter_group.redis.name
  subnet_group_name          = subnet_group.redis.name
  security_group_ids         = [security_group.redis.id]
  tags                       = { Name = "${title(env.name)} cache" }
}

output "endpoint" { value = replication_group.redis.primary_endpoint_address }
