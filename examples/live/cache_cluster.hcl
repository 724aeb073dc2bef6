# Costs some cents for an hour; takes about 20 minutes.

variable "again" { default = false }

cache_cluster "c" {
  cluster_id         = "cachestack-live"
  engine             = "memcached"
  node_type          = "cache.t4g.micro"
  num_cache_nodes    = var.again ? 2 : 1
  maintenance_window = "sun:05:00-sun:06:00"
}
