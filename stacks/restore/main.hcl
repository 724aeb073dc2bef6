# A store, snapshots of it by name, and a second store for rehearsals that is filled from the newest of them. Once it is
# filled it stays as it is: --replace replication_group.rehearsal fills it anew.

stack "restore" {
  default_environment = "local"
  tags                = { Environment = env.name }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}

environment "staging" { region = "us-west-2" }

variable "snapshots" {
  type        = set(string)
  default     = ["restore-before-launch"]
  description = "What shall be kept: each name is a snapshot that is made when it is added here."
}

data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

subnet_group "orders" {
  name       = "restore-orders"
  subnet_ids = data.subnets.private.ids
}

replication_group "orders" {
  replication_group_id       = "restore-orders"
  description                = "Orders"
  engine                     = "valkey"
  engine_version             = "8.0"
  node_type                  = "cache.t4g.small"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  subnet_group_name          = subnet_group.orders.name
}

snapshot "kept" {
  for_each             = var.snapshots
  snapshot_name        = each.key
  replication_group_id = replication_group.orders.replication_group_id
}

data "snapshot" "latest" {
  replication_group_id = replication_group.orders.replication_group_id
  most_recent          = true
  depends_on           = [snapshot.kept]
}

replication_group "rehearsal" {
  replication_group_id = "restore-rehearsal"
  description          = "Orders, as they were"
  engine               = "valkey"
  engine_version       = "8.0"
  node_type            = "cache.t4g.small"
  num_cache_clusters   = 1
  subnet_group_name    = subnet_group.orders.name
  snapshot_name        = data.snapshot.latest.snapshot_name

  lifecycle {
    # A newer snapshot is no reason to make the group anew.
    ignore_changes = [snapshot_name]
  }
}

output "newest" { value = data.snapshot.latest.snapshot_name }
output "made" { value = data.snapshot.latest.created }
output "size" { value = data.snapshot.latest.size }
