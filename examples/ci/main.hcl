# A cache in three accounts, promoted from one to the next by a pipeline.

stack "shop" {
  default_environment = "dev"
  state               = "s3://acme-cachestack-states/shop?region=eu-west-1"
  tags                = { Application = "shop", Environment = env.name }
}

environment "dev" {
  region          = "eu-west-1"
  account_id      = "111111111111"
  assume_role_arn = "arn:aws:iam::111111111111:role/cachestack"
}

environment "staging" {
  region          = "eu-west-1"
  account_id      = "222222222222"
  assume_role_arn = "arn:aws:iam::222222222222:role/cachestack"
}

environment "prod" {
  region          = "eu-west-1"
  account_id      = "333333333333"
  assume_role_arn = "arn:aws:iam::333333333333:role/cachestack"
  vars            = { node_type = "cache.r7g.large", nodes = 3 }
}

variable "node_type" {
  type    = string
  default = "cache.t4g.micro"
}

variable "nodes" {
  type    = number
  default = 2
}

parameter_group "shop" {
  name       = "shop"
  family     = "valkey8"
  parameters = { maxmemory-policy = "allkeys-lru" }
}

replication_group "shop" {
  replication_group_id       = "shop"
  description                = "Sessions of the shop"
  engine                     = "valkey"
  engine_version             = "8.0"
  node_type                  = var.node_type
  num_cache_clusters         = var.nodes
  automatic_failover_enabled = true
  multi_az_enabled           = true
  parameter_group_name       = parameter_group.shop.name
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
}
