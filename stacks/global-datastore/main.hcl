# A global datastore: written to in us-west-2, read in two other regions, which follow. Each region has subnets and a security
# group of its own. Three things cannot be had that one might want: more than two regions that follow, ids longer than 40
# characters, and a node type or encryption of its own for a member that follows; it has those of the first.

stack "global-datastore" {
  tags = { Application = var.application, Environment = "prod" }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}

variable "application" {
  type    = string
  default = "shop"
}

variable "primary_region" {
  type    = string
  default = "us-west-2"
}

variable "secondaries" {
  description = "The regions that follow."
  type        = set(string)
  default     = ["us-east-1", "eu-west-1"]

  validation {
    condition     = length(var.secondaries) <= 2
    error_message = "Two regions can follow at most."
  }

  validation {
    condition     = alltrue([for region in var.secondaries : length("${var.application}-${region}-secondary") <= 40])
    error_message = "The ids APPLICATION-REGION-secondary have 40 characters at most; shorten the application's name."
  }
}

variable "node_type" {
  type        = string
  default     = "cache.r6g.large"
  description = "Of all members; burstable types cannot be members."
}

variable "nodes" {
  type        = number
  default     = 2
  description = "In each region."
}

variable "engine_version" {
  description = "The version of all members."
  default     = "7.0"
}

locals {
  regions = setunion([var.primary_region], var.secondaries)
}

data "vpc" "main" {
  for_each = local.regions
  region   = each.key
  default  = true
}

data "subnets" "private" {
  for_each = local.regions
  region   = each.key
  vpc_id   = data.vpc.main[each.key].id
}

subnet_group "region" {
  for_each    = local.regions
  region      = each.key
  name        = "${var.application}-global"
  description = "Subnets of ${var.application} in ${each.key}"
  subnet_ids  = data.subnets.private[each.key].ids
}

security_group "region" {
  for_each    = local.regions
  region      = each.key
  name        = "${var.application}-global"
  description = "Redis of ${var.application} in ${each.key}"
  vpc_id      = data.vpc.main[each.key].id

  ingress {
    description = "Redis from within the VPC"
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = [data.vpc.main[each.key].cidr_block]
  }
}

replication_group "primary" {
  region                     = var.primary_region
  replication_group_id       = "${var.application}-primary"
  description                = "The primary of ${var.application}"
  engine                     = "redis"
  engine_version             = "7.0"
  node_type                  = var.node_type
  num_cache_clusters         = var.nodes
  automatic_failover_enabled = true
  multi_az_enabled           = true
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  subnet_group_name          = subnet_group.region[var.primary_region].name
  security_group_ids         = [security_group.region[var.primary_region].id]

  # Version and node type are those of the global datastore from now on.
  lifecycle {
    ignore_changes = [engine_version, node_type]
  }
}

# Made when the primary is available.
global_replication_group "main" {
  region                               = var.primary_region
  global_replication_group_id_suffix   = var.application
  global_replication_group_description = "${var.application} everywhere"
  primary_replication_group_id         = replication_group.primary.id
  engine_version                       = var.engine_version
}

replication_group "secondary" {
  for_each = var.secondaries

  region                      = each.key
  replication_group_id        = "${var.application}-${each.key}-secondary"
  description                 = "${var.application} in ${each.key}"
  global_replication_group_id = global_replication_group.main.global_replication_group_id
  num_cache_clusters          = var.nodes
  automatic_failover_enabled  = true
  multi_az_enabled            = true
  subnet_group_name           = subnet_group.region[each.key].name
  security_group_ids          = [security_group.region[each.key].id]
}

output "global_replication_group_id" {
  value = global_replication_group.main.global_replication_group_id
}

output "primary_cluster" {
  value = replication_group.primary.replication_group_id
}

output "primary_region" {
  value = replication_group.primary.region
}

output "secondary_clusters" {
  value = { for region, group in replication_group.secondary : region => group.replication_group_id }
}

# Written to at the first, read at the others.
output "endpoints" {
  value = merge(
    { (var.primary_region) = replication_group.primary.primary_endpoint_address },
    { for region, group in replication_group.secondary : region => group.reader_endpoint_address },
  )
}
