# Costs some cents for an hour; takes about 30 minutes.

variable "again" { default = false }

replication_group "r" {
  replication_group_id = "cachestack-live"
  description          = "For a try"
  engine               = "valkey"
  node_type            = "cache.t4g.micro"
  num_cache_clusters   = var.again ? 2 : 1
  apply_immediately    = true
}
