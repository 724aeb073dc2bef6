# Who reaches the cache, rule by rule: each network and each group of clients has a rule of its own, with an id, a
# description and tags, so that one can come and go without the others being touched.

stack "network" {
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
}

variable "networks" {
  type        = map(string)
  default     = { office = "10.1.0.0/16", vpn = "10.8.0.0/24" }
  description = "Networks that may connect: a purpose and a CIDR block each."
}

variable "applications" {
  type        = set(string)
  default     = ["orders", "search"]
  description = "Applications that may connect; each gets a security group for its instances."
}

locals { port = 6379 }

data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

subnet_group "redis" {
  name       = "network-redis"
  subnet_ids = data.subnets.private.ids
}

security_group "application" {
  for_each    = var.applications
  name_prefix = "network-${each.key}-"
  description = "Instances of ${each.key}"
  vpc_id      = data.vpc.main.id
}

# No ingress and egress blocks: they would be all the rules that the group may have.
security_group "redis" {
  name_prefix = "network-redis-"
  description = "Redis"
  vpc_id      = data.vpc.main.id
}

vpc_security_group_ingress_rule "application" {
  for_each                     = var.applications
  security_group_id            = security_group.redis.id
  referenced_security_group_id = security_group.application[each.key].id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
  description                  = each.key
  tags                         = { Application = each.key }
}

vpc_security_group_ingress_rule "network" {
  for_each          = var.networks
  security_group_id = security_group.redis.id
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = local.port
  to_port           = local.port
  description       = each.key
}

# Nodes talk to each other through the group itself.
security_group_rule "nodes" {
  type              = "ingress"
  security_group_id = security_group.redis.id
  protocol          = "-1"
  from_port         = 0
  to_port           = 0
  self              = true
  description       = "Between the nodes"
}

vpc_security_group_egress_rule "vpc" {
  security_group_id = security_group.redis.id
  cidr_ipv4         = data.vpc.main.cidr_block
  ip_protocol       = "-1"
  description       = "Within the VPC"
}

replication_group "redis" {
  replication_group_id       = "network-redis"
  description                = "Redis behind single rules"
  engine_version             = "7.1"
  node_type                  = "cache.t3.micro"
  num_cache_clusters         = 2
  port                       = local.port
  automatic_failover_enabled = true
  subnet_group_name          = subnet_group.redis.name
  security_group_ids         = [security_group.redis.id]
}

output "rules" {
  value = merge(
    { for name, rule in vpc_security_group_ingress_rule.application : name => rule.id },
    { for name, rule in vpc_security_group_ingress_rule.network : name => rule.id },
  )
}
