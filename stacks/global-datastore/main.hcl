# A global datastore: written to in us-west-2, read in two other regions, which follow.

stack "global-datastore" {}

environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}

variable "application" {
  default = "shop"
}

variable "secondaries" {
  description = "The regions that follow; two at most."
  type        = set(string)
  default     = ["us-east-1", "eu-west-1"]
}

variable "engine_version" {
  description = "The version of all members."
  default     = "7.0"
}

replication_group "primary" {
  replication_group_id       = "${var.application}-primary"
  description                = "The primary of ${var.application}"
  engine                     = "redis"
  engine_version             = "7.0"
  node_type                  = "cache.r6g.large"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true

  # Version and node type are those of the global datastore from now on.
  lifecycle {
    ignore_changes = [engine_version, node_type]
  }
}

global_replication_group "main" {
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
  num_cache_clusters          = 2
  multi_az_enabled            = true
}

output "global_id" {
  value = global_replication_group.main.global_replication_group_id
}

output "primary" {
  value = replication_group.primary.primary_endpoint_address
}

output "secondaries" {
  value = { for region, group in replication_group.secondary : region => group.reader_endpoint_address }
}
