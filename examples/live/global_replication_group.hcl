# Costs about a dollar for an hour; takes about 60 minutes.

variable "again" { default = false }

replication_group "primary" {
  replication_group_id       = "cachestack-live-g"
  description                = "The one that is written to"
  engine                     = "valkey"
  engine_version             = "7.2"
  node_type                  = "cache.m6g.large"
  num_cache_clusters         = 2
  automatic_failover_enabled = true

  lifecycle {
    ignore_changes = [engine, engine_version, node_type]
  }
}

global_replication_group "g" {
  global_replication_group_id_suffix   = "cachestack-live"
  primary_replication_group_id         = replication_group.primary.id
  global_replication_group_description = var.again ? "Again" : "Once"
}
