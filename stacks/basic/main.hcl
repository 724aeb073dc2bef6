# A primary and a replica in two zones, with the three things that a cache in a VPC needs:
# subnets to live in, parameters to run with, and a security group that lets clients in.

stack "basic" {
  default_environment = "local"
  tags                = { Environment = env.name } # on everything that can have tags
}

environment "local" {
  endpoint = "emulator" # built in: no account, nothing to install
  region   = "us-west-2"
}

environment "prod" {
  region     = "us-west-2"
  account_id = "123456789012" # checked before anything is read or written
  protect    = true           # what holds data can be neither destroyed nor replaced
}

variable "name" {
  type        = string
  default     = "basic"
  description = "What the names begin with."
}

variable "nodes" {
  type        = number
  default     = 2
  description = "The primary and its replicas."
}

data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

subnet_group "redis" {
  name       = "${var.name}-redis"
  subnet_ids = data.subnets.private.ids
  tags       = { Name = "Subnets of the cache" }
}

parameter_group "redis" {
  name       = "${var.name}-redis7"
  family     = "redis7" # one family for 7.0 and 7.1
  parameters = { maxmemory-policy = "allkeys-lru" }
  tags       = { Name = "Parameters of the cache" }
}

security_group "redis" {
  name_prefix = "${var.name}-redis-" # a prefix, so that a replacement can stand beside the old group
  description = "Redis from within the VPC"
  vpc_id      = data.vpc.main.id

  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = [data.vpc.main.cidr_block]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = { Name = "Clients of the cache" }
}

replication_group "redis" {
  replication_group_id       = "${var.name}-redis"
  description                = "A cache for one application"
  engine_version             = "7.1"
  node_type                  = "cache.t3.micro"
  port                       = 6379
  num_cache_clusters         = var.nodes
  automatic_failover_enabled = var.nodes > 1
  multi_az_enabled           = var.nodes > 1
  parameter_group_name       = parameter_group.redis.name
  subnet_group_name          = subnet_group.redis.name
  security_group_ids         = [security_group.redis.id]
  tags                       = { Name = "Cache" }
}

output "writes_go_to" { value = replication_group.redis.primary_endpoint_address }

output "reads_go_to" { value = replication_group.redis.reader_endpoint_address }
