# What else a group can be told: where its nodes stand, where its slow log goes, how long changes may take, and
# conditions that are checked before and after.

stack "advanced" {
  default_environment = "local"
  tags                = { Environment = env.name }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}

environment "prod" {
  region     = "us-west-2"
  account_id = "123456789012"
  protect    = true
}

variable "logs_kept_for" {
  type        = number
  default     = 30
  description = "Days."
}

variable "engine_version" {
  type    = string
  default = "7.0"
}

locals {
  nodes = 3
}

data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

data "subnet" "private" {
  for_each = toset(data.subnets.private.ids)
  id       = each.key
}

subnet_group "redis" {
  name        = "advanced-redis"
  description = "All private subnets"
  subnet_ids  = data.subnets.private.ids
}

# Another family needs another group. The name says which, so that the old and the new one can exist together.
parameter_group "redis" {
  name        = "advanced-redis7"
  family      = "redis7"
  description = "Parameters of the advanced example"

  parameters = {
    maxmemory-policy        = "allkeys-lru"
    notify-keyspace-events  = "Ex"  # tell subscribers of expired keys
    slowlog-log-slower-than = 10000 # microseconds
    timeout                 = 300
  }

  lifecycle {
    create_before_destroy = true
  }
}

security_group "redis" {
  name_prefix = "advanced-redis-"
  description = "Redis from within the VPC"
  vpc_id      = data.vpc.main.id

  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = [data.vpc.main.cidr_block]
  }

  # The rule with `self` lets the members of this group reach each other.
  ingress {
    from_port = 6379
    to_port   = 6379
    protocol  = "tcp"
    self      = true
  }

  lifecycle {
    create_before_destroy = true
  }
}

# Commands that took too long.
log_group "slow" {
  name              = "/aws/elasticache/redis"
  retention_in_days = var.logs_kept_for
}

replication_group "redis" {
  replication_group_id        = "advanced-redis"
  description                 = "A group with everything said"
  engine                      = "redis"
  engine_version              = var.engine_version
  auto_minor_version_upgrade  = true
  node_type                   = "cache.t3.small"
  port                        = 6379
  num_cache_clusters          = local.nodes
  preferred_cache_cluster_azs = slice(sort(distinct([for subnet in data.subnet.private : subnet.availability_zone])), 0, local.nodes)
  automatic_failover_enabled  = true
  multi_az_enabled            = true
  network_type                = "ipv4"
  ip_discovery                = "ipv4"
  parameter_group_name        = parameter_group.redis.name
  subnet_group_name           = subnet_group.redis.name
  security_group_ids          = [security_group.redis.id]

  snapshot_retention_limit = 7
  snapshot_window          = "03:00-05:00"
  maintenance_window       = "sun:05:00-sun:07:00"

  at_rest_encryption_enabled = true
  transit_encryption_enabled = true

  log_delivery_configuration {
    destination      = log_group.slow.name
    destination_type = "cloudwatch-logs"
    log_format       = "text"
    log_type         = "slow-log"
  }

  timeouts {
    create = "60m"
    update = "90m"
    delete = "45m"
  }

  lifecycle {
    # Somebody else may change it in the console.
    ignore_changes = [maintenance_window]

    precondition {
      condition     = length(data.subnets.private.ids) >= local.nodes
      error_message = "Each node wants a subnet in a zone of its own."
    }

    postcondition {
      condition     = length(self.member_clusters) == local.nodes
      error_message = "AWS made another number of nodes than was asked for."
    }
  }
}

output "nodes" { value = replication_group.redis.member_clusters }

output "endpoints" {
  value = {
    write = replication_group.redis.primary_endpoint_address
    read  = replication_group.redis.reader_endpoint_address
  }
}
