# The sorts of objects beside caches: users and their groups, serverless caches, a global datastore over two regions,
# reserved nodes. `local.changed` is that of main.tf.

provider "aws" {
  alias      = "eu"
  region     = "eu-west-1"
  access_key = "123456789012"
  secret_key = "none"
}
resource "aws_elasticache_user" "default" {
  user_id              = "locked-default"
  user_name            = "default"
  engine               = "redis"
  access_string        = "off -@all"
  no_password_required = true
}
resource "aws_elasticache_user" "app" {
  user_id       = "app"
  user_name     = "app"
  engine        = "redis"
  access_string = local.changed ? "on ~app:* -@all +@read +@write" : "on ~app:* -@all +@read"
  passwords     = local.changed ? ["0123456789abcdef", "0123456789abcdeg"] : ["0123456789abcdef"]
  tags          = { step = var.step }
}
resource "aws_elasticache_user" "iam" {
  user_id       = "iam-user"
  user_name     = "iam-user"
  engine        = "valkey"
  access_string = "on ~* +@all"
  authentication_mode { type = "iam" }
}
resource "aws_elasticache_user" "late" {
  user_id       = "late"
  user_name     = "late"
  engine        = "redis"
  access_string = "on ~* +@all"
  authentication_mode {
    type      = "password"
    passwords = ["0123456789abcdef"]
  }
}
resource "aws_elasticache_user_group" "app" {
  user_group_id = "app"
  engine        = "redis"
  user_ids      = local.changed ? [aws_elasticache_user.default.user_id, aws_elasticache_user.app.user_id] : [aws_elasticache_user.default.user_id]
  tags          = { step = var.step }
}
resource "aws_elasticache_user_group" "valkey" {
  user_group_id = "valkey"
  engine        = "valkey"
  user_ids      = [aws_elasticache_user.iam.user_id]
  lifecycle { ignore_changes = [user_ids] }
}
resource "aws_elasticache_user_group_association" "late" {
  user_group_id = aws_elasticache_user_group.valkey.user_group_id
  user_id       = aws_elasticache_user.late.user_id
}
resource "aws_elasticache_replication_group" "guarded" {
  replication_group_id       = "guarded"
  description                = "d"
  node_type                  = "cache.t3.micro"
  engine                     = "redis"
  engine_version             = "7.1"
  num_cache_clusters         = 1
  transit_encryption_enabled = true
  user_group_ids             = local.changed ? null : [aws_elasticache_user_group.app.user_group_id]
  apply_immediately          = true
}
# A group that is being modified can be given to no cache.
resource "aws_elasticache_serverless_cache" "s" {
  depends_on           = [aws_elasticache_user_group_association.late]
  name                 = "serverless"
  engine               = "valkey"
  description          = local.changed ? "new" : "d"
  major_engine_version = "8"
  cache_usage_limits {
    data_storage {
      maximum = 10
      unit    = "GB"
    }
    ecpu_per_second { maximum = 5000 }
  }
  daily_snapshot_time      = "04:00"
  snapshot_retention_limit = 2
  user_group_id            = aws_elasticache_user_group.valkey.user_group_id
  tags                     = { step = "x" }
}
resource "aws_elasticache_serverless_cache" "m" {
  name   = "serverless-m"
  engine = "memcached"
}
resource "aws_elasticache_parameter_group" "shared" {
  name   = "shared"
  family = "redis7"
}
resource "aws_elasticache_replication_group" "global_primary" {
  replication_group_id       = "primary"
  description                = "d"
  node_type                  = "cache.r6g.large"
  engine                     = "redis"
  engine_version             = "7.0"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  transit_encryption_enabled = true
  parameter_group_name       = aws_elasticache_parameter_group.shared.name
  lifecycle { ignore_changes = [engine_version, parameter_group_name, node_type] }
}
resource "aws_elasticache_global_replication_group" "g" {
  global_replication_group_id_suffix = "g"
  primary_replication_group_id       = aws_elasticache_replication_group.global_primary.id
  cache_node_type                    = local.changed ? "cache.r6g.xlarge" : "cache.r6g.large"
}
resource "aws_elasticache_replication_group" "global_secondary" {
  provider                    = aws.eu
  replication_group_id        = "secondary"
  description                 = "d"
  global_replication_group_id = aws_elasticache_global_replication_group.g.global_replication_group_id
  num_cache_clusters          = 2
  lifecycle { ignore_changes = [automatic_failover_enabled] }
}
data "aws_elasticache_reserved_cache_node_offering" "o" {
  cache_node_type     = "cache.t4g.small"
  duration            = "P1Y"
  offering_type       = "No Upfront"
  product_description = "redis"
}
resource "aws_elasticache_reserved_cache_node" "r" {
  reserved_cache_nodes_offering_id = data.aws_elasticache_reserved_cache_node_offering.o.offering_id
  id                               = "mine"
  cache_node_count                 = 1
}
data "aws_elasticache_user" "app" { user_id = aws_elasticache_user.app.user_id }
data "aws_elasticache_serverless_cache" "s" { name = aws_elasticache_serverless_cache.s.name }
