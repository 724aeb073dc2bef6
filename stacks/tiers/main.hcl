# Three tiers of one application: sessions, what the application computes, and answers of the database. Each has its own
# engine, size and time to live; they share subnets and a security group. A tier is an entry of a map.

stack "tiers" {
  default_environment = "local"
  tags                = { Application = var.application, Environment = env.name }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
  secrets  = "file:.cachestack/tokens" # where the tokens are kept
}

environment "prod" {
  region     = "us-west-2"
  account_id = "123456789012"
  protect    = true
  secrets    = "ssm:/shop/caches"
}

variable "application" {
  type    = string
  default = "shop"
}

variable "tiers" {
  description = "The tiers by name; a name becomes part of the ids, in which AWS takes hyphens and no underscores."

  type = map(object({
    engine    = string
    node_type = optional(string, "cache.r6g.large")
    nodes     = number
    ttl       = number # seconds
    purpose   = string
  }))

  default = {
    session-cache     = { engine = "redis", nodes = 3, ttl = 3600, purpose = "session_storage" }
    application-cache = { engine = "redis", node_type = "cache.r6g.xlarge", nodes = 5, ttl = 1800, purpose = "application_data" }
    database-cache    = { engine = "memcached", nodes = 4, ttl = 300, purpose = "database_queries" }
  }

  validation {
    condition     = alltrue([for tier in var.tiers : contains(["redis", "memcached"], tier.engine)])
    error_message = "A tier is of redis or of memcached."
  }

  validation {
    condition     = alltrue([for name in keys(var.tiers) : length("${var.application}-${name}-${env.name}") <= 40])
    error_message = "The ids APPLICATION-TIER-ENVIRONMENT have 40 characters at most."
  }
}

variable "versions" {
  type    = map(string)
  default = { redis = "7.0", memcached = "1.6.17" }
}

locals {
  id        = { for name in keys(var.tiers) : name => "${var.application}-${name}-${env.name}" }
  redis     = { for name, tier in var.tiers : name => tier if tier.engine == "redis" }
  memcached = { for name, tier in var.tiers : name => tier if tier.engine == "memcached" }
  ports     = { redis = 6379, memcached = 11211 }
}

data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

subnet_group "tiers" {
  name       = "${var.application}-${env.name}"
  subnet_ids = data.subnets.private.ids
}

security_group "tiers" {
  name_prefix = "${var.application}-caches-"
  description = "Caches of ${var.application}"
  vpc_id      = data.vpc.main.id

  dynamic "ingress" {
    for_each = toset([for tier in var.tiers : tier.engine])

    content {
      description = "${title(ingress.key)} from within the VPC"
      from_port   = local.ports[ingress.key]
      to_port     = local.ports[ingress.key]
      protocol    = "tcp"
      cidr_blocks = [data.vpc.main.cidr_block]
    }
  }
}

# A token for each tier of redis, so that who reads sessions need not be able to read the rest.
random_password "token" {
  for_each = local.redis
  length   = 32
  special  = false
}

replication_group "tier" {
  for_each = local.redis

  replication_group_id       = local.id[each.key]
  description                = "${each.key} of ${var.application}: ${each.value.purpose}"
  engine                     = "redis"
  engine_version             = var.versions.redis
  port                       = local.ports.redis
  node_type                  = each.value.node_type
  num_cache_clusters         = each.value.nodes
  automatic_failover_enabled = each.value.nodes > 1
  multi_az_enabled           = each.value.nodes > 1
  subnet_group_name          = subnet_group.tiers.name
  security_group_ids         = [security_group.tiers.id]
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  transit_encryption_mode    = "required" # a token over plain text would be no secret
  auth_token                 = random_password.token[each.key].result
  auto_minor_version_upgrade = true
  snapshot_retention_limit   = 5
  snapshot_window            = "03:00-04:00"
  maintenance_window         = "sun:04:00-sun:05:00"

  tags = {
    Name    = local.id[each.key]
    Tier    = each.key
    Purpose = each.value.purpose
    TTL     = each.value.ttl
  }
}

cache_cluster "tier" {
  for_each = local.memcached

  cluster_id                 = local.id[each.key]
  engine                     = "memcached"
  engine_version             = var.versions.memcached
  node_type                  = each.value.node_type
  num_cache_nodes            = each.value.nodes
  az_mode                    = each.value.nodes > 1 ? "cross-az" : "single-az"
  port                       = local.ports.memcached
  subnet_group_name          = subnet_group.tiers.name
  security_group_ids         = [security_group.tiers.id]
  auto_minor_version_upgrade = true
  maintenance_window         = "sun:04:00-sun:05:00"

  tags = {
    Name    = local.id[each.key]
    Tier    = each.key
    Purpose = each.value.purpose
    TTL     = each.value.ttl
  }
}

# All tiers on one page, side by side.
dashboard "tiers" {
  dashboard_name = "${var.application}-tiers-${env.name}"
  watch          = concat(values(replication_group.tier), values(cache_cluster.tier))
}

# What an application must know of each tier.
output "tiers" {
  value = merge(
    {
      for name, tier in local.redis : name => {
        type       = tier.engine
        cluster_id = replication_group.tier[name].replication_group_id
        endpoint   = replication_group.tier[name].primary_endpoint_address
        reader     = replication_group.tier[name].reader_endpoint_address
        port       = local.ports.redis
        purpose    = tier.purpose
        ttl        = tier.ttl
      }
    },
    {
      for name, tier in local.memcached : name => {
        type       = tier.engine
        cluster_id = cache_cluster.tier[name].cluster_id
        endpoint   = cache_cluster.tier[name].cluster_address # clients that discover nodes begin here
        endpoints  = [for node in cache_cluster.tier[name].cache_nodes : { address = node.address, port = node.port }]
        purpose    = tier.purpose
        ttl        = tier.ttl
      }
    },
  )
}
