# One group, described by variables alone: the same stack for every team and every environment.

stack "variables" {
  default_environment = "local"
  tags                = merge(var.common_tags, { Environment = env.name })
}

environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
  vars     = { node_type = "cache.t3.micro" }
}

environment "prod" {
  region     = "us-west-2"
  account_id = "123456789012"
  protect    = true

  vars = {
    node_type          = "cache.r7g.large"
    num_cache_clusters = 3
    backup             = { days = 7 }
  }
}

locals {
  available = var.num_cache_clusters > 1
  own_group = var.network.security_group_ids == null
}

data "vpc" "main" {
  default = var.network.vpc_id == null ? true : null
  id      = var.network.vpc_id
}

data "subnets" "private" { vpc_id = data.vpc.main.id }

subnet_group "redis" {
  name       = var.replication_group_id
  subnet_ids = coalesce(var.network.subnet_ids, data.subnets.private.ids)
}

parameter_group "redis" {
  name       = "${var.replication_group_id}-parameters"
  family     = "redis${split(".", var.engine_version)[0]}"
  parameters = var.parameters
}

security_group "redis" {
  count       = local.own_group ? 1 : 0
  name_prefix = "${var.replication_group_id}-"
  description = "Redis from within the VPC"
  vpc_id      = data.vpc.main.id

  ingress {
    from_port   = var.port
    to_port     = var.port
    protocol    = "tcp"
    cidr_blocks = [data.vpc.main.cidr_block]
  }
}

replication_group "redis" {
  replication_group_id       = var.replication_group_id
  description                = var.description
  engine_version             = var.engine_version
  node_type                  = var.node_type
  port                       = var.port
  num_cache_clusters         = var.num_cache_clusters
  automatic_failover_enabled = coalesce(var.automatic_failover_enabled, local.available)
  multi_az_enabled           = coalesce(var.multi_az_enabled, local.available)
  parameter_group_name       = parameter_group.redis.name
  subnet_group_name          = subnet_group.redis.name
  security_group_ids         = local.own_group ? security_group.redis[*].id : var.network.security_group_ids

  snapshot_retention_limit = var.backup.days
  snapshot_window          = var.backup.window
  maintenance_window       = var.backup.maintenance

  at_rest_encryption_enabled = var.encryption.at_rest
  transit_encryption_enabled = var.encryption.transit

  tags = { Name = var.replication_group_id }
}

output "endpoint" { value = replication_group.redis.primary_endpoint_address }
