# Who may do what: three users by role, one by IAM, and the default user that nobody can log in as.
# Two passwords while one takes the place of the other: PASSWORD and PASSWORD_NEXT.

stack "users" {}

environment "local" {
  endpoint = "emulator"
  region   = "us-east-1"
}

variable "passwords" {
  description = "Passwords of the application; two of them while one takes the place of the other."
  type        = set(string)
  sensitive   = true
  default     = ["a-password-for-the-emulator"]
}

variable "reporting" {
  description = "What reporting may read."
  default     = "on ~report:* +@read"
}

data "vpc" "main" {
  default = true
}

data "subnets" "main" {
  vpc_id = data.vpc.main.id
}

subnet_group "main" {
  name       = "users"
  subnet_ids = data.subnets.main.ids
}

# Every group of redis has a user of this name; off, so that clients have to say who they are.
user "default" {
  user_id              = "shop-default"
  user_name            = "default"
  engine               = "redis"
  access_string        = "off -@all"
  no_password_required = true
}

user "admin" {
  user_id   = "shop-admin"
  user_name = "shop-admin"
  engine    = "redis"
  role      = "admin"

  authentication_mode {
    type = "iam"
  }
}

user "app" {
  user_id   = "shop-app"
  user_name = "app"
  engine    = "redis"
  role      = "app"
  passwords = var.passwords
}

user "reporting" {
  user_id       = "shop-reporting"
  user_name     = "reporting"
  engine        = "redis"
  access_string = var.reporting
  passwords     = var.passwords
}

user_group "shop" {
  user_group_id = "shop"
  engine        = "redis"
  user_ids      = [user.default.user_id, user.admin.user_id, user.app.user_id]

  lifecycle {
    ignore_changes = [user_ids]
  }
}

user_group_association "reporting" {
  user_group_id = user_group.shop.user_group_id
  user_id       = user.reporting.user_id
}

replication_group "shop" {
  replication_group_id       = "shop"
  description                = "A cache with users"
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = "cache.t4g.small"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  transit_encryption_enabled = true
  subnet_group_name          = subnet_group.main.name
  user_group_ids             = [user_group.shop.user_group_id]
}

output "group" {
  value = user_group.shop.arn
}

output "users" {
  value = { for user in [user.admin, user.app, user.reporting] : user.user_name => user.arn }
}
