# Costs some cents for an hour; takes about 30 minutes.

variable "again" { default = false }

replication_group "r" {
  replication_group_id = "cachestack-live-s"
  description          = "For a try"
  engine               = "valkey"
  node_type            = "cache.t4g.micro"
  num_cache_clusters   = 1
}

snapshot "s" {
  snapshot_name        = "cachestack-live"
  replication_group_id = replication_group.r.id
  tags                 = { again = tostring(var.again) }
}
