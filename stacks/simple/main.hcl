# The smallest stack: one node, in the default VPC, with AWS's own subnet group and parameters. Good for a first try
# and for tracking down a problem; a node that fails takes its data along.

stack "simple" {}

environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}

replication_group "redis" {
  replication_group_id = "simple-redis"
  description          = "One node"
  engine_version       = "7.1"
  node_type            = "cache.t3.micro"
  num_cache_clusters   = 1
  tags                 = { Name = "Simple cache" }
}

output "endpoint" { value = replication_group.redis.primary_endpoint_address }
