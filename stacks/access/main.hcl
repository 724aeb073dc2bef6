# Who may reach a cache, said at the cache: `access` stands for a security group beside it, with the port of the engine and
# a rule for each application and network, which says who that is.

stack "access" {
  default_environment = "local"
  tags                = { Application = var.application, Environment = env.name }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}

environment "prod" {
  region     = "us-west-2"
  account_id = "123456789012"
}

variable "application" {
  type    = string
  default = "shop"
}

variable "clients" {
  type        = set(string)
  default     = ["web", "worker"]
  description = "Parts of the application that may connect; each gets a security group for its instances."
}

variable "networks" {
  type        = set(string)
  default     = []
  description = "CIDR blocks that may connect to Redis, too."
}

data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

subnet_group "caches" {
  name        = "${var.application}-subnet-group"
  description = "Subnets of the caches of ${var.application}"
  subnet_ids  = data.subnets.private.ids
}

security_group "client" {
  for_each    = var.clients
  name_prefix = "${var.application}-${each.key}-"
  description = "Instances of ${each.key}"
  vpc_id      = data.vpc.main.id
}

replication_group "redis" {
  replication_group_id       = "${var.application}-redis"
  description                = "Redis of ${var.application}"
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = "cache.t4g.small"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  subnet_group_name          = subnet_group.caches.name

  access { # 6379
    name                 = "${var.application}-elasticache-sg"
    description          = "Redis of ${var.application}"
    from_security_groups = [for client in security_group.client : client.id]
    from_cidrs           = var.networks
  }
}

cache_cluster "pages" {
  cluster_id        = "${var.application}-pages"
  engine            = "memcached"
  node_type         = "cache.t4g.small"
  num_cache_nodes   = 2
  subnet_group_name = subnet_group.caches.name

  access { # 11211; by the name that it has without one
    from_security_groups = [for client in security_group.client : client.id]
  }
}

# The groups that `access` stands for are resources like any other.
output "security_group_id" { value = security_group.redis_access.id }

output "pages_security_group_id" { value = security_group.pages_access.id }

output "client_security_groups" {
  value = { for name, group in security_group.client : name => group.id }
}

output "subnet_group_name" { value = subnet_group.caches.name }
