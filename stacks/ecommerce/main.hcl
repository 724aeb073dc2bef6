# A shop has two kinds of data in memory. Carts and sessions must survive: nothing is evicted, snapshots are kept.
# The catalogue can be read again from the database: old entries make room, snapshots would be wasted.

stack "ecommerce" {
  default_environment = "local"
  tags                = { Project = "ecommerce", Environment = env.name }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
  vars     = { node_type = "cache.t3.small" }
}

environment "prod" {
  region     = "us-west-2"
  account_id = "123456789012"
  protect    = true
  vars       = { node_type = "cache.r7g.large" }
}

variable "node_type" { type = string }

variable "sale" {
  type        = bool
  default     = false
  description = "Whether there is a sale: the catalogue gets more replicas to read from."
}

locals {
  caches = {
    sessions = {
      nodes    = 3
      eviction = "noeviction"
      backup   = true
    }
    catalogue = {
      nodes    = var.sale ? 4 : 2
      eviction = "allkeys-lru"
      backup   = false
    }
  }
}

data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

subnet_group "shop" {
  name       = "ecommerce-redis"
  subnet_ids = data.subnets.private.ids
}

security_group "shop" {
  name_prefix = "ecommerce-redis-"
  description = "Redis from within the VPC"
  vpc_id      = data.vpc.main.id

  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = [data.vpc.main.cidr_block]
  }
}

parameter_group "cache" {
  for_each   = local.caches
  name       = "ecommerce-${each.key}-redis7"
  family     = "redis7"
  parameters = { maxmemory-policy = each.value.eviction }
}

replication_group "cache" {
  for_each = local.caches

  replication_group_id       = "ecommerce-${each.key}"
  description                = "The ${each.key} of the shop"
  engine_version             = "7.1"
  node_type                  = var.node_type
  num_cache_clusters         = each.value.nodes
  automatic_failover_enabled = true
  multi_az_enabled           = true
  parameter_group_name       = parameter_group.cache[each.key].name
  subnet_group_name          = subnet_group.shop.name
  security_group_ids         = [security_group.shop.id]

  snapshot_retention_limit = each.value.backup ? 7 : 0
  snapshot_window          = "03:00-05:00"
  maintenance_window       = "sun:05:00-sun:07:00"

  at_rest_encryption_enabled = true
  transit_encryption_enabled = true

  protect = each.value.backup && env.name != "local"
  tags    = { Name = "Shop ${each.key}" }
}

# Sessions are never evicted, so that a full node refuses writes: this alarm leaves time to act.
alarm "full" {
  target              = replication_group.cache["sessions"]
  alarm_name          = "${node.id}-filling-up"
  metric_name         = "DatabaseMemoryUsagePercentage"
  statistic           = "Maximum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 75
  period              = 60
  evaluation_periods  = 5
}

output "endpoints" {
  value = {
    for name, group in replication_group.cache : name => {
      write = group.primary_endpoint_address
      read  = group.reader_endpoint_address
    }
  }
}
