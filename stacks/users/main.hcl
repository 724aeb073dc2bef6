# Who may do what: an administrator, the application, one who only reads, a narrower one with rules of its own, and the
# default user that nobody can log in as. A role stands for rules of the engine; docs/users.md says which, and how they
# differ from those that guides give.

stack "users" {
  tags = { Application = var.application }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-east-1"
}

variable "application" {
  type    = string
  default = "shop"

  validation {
    condition     = length("${var.application}-user-group") <= 40
    error_message = "The id of a user group has 40 characters at most."
  }
}

variable "passwords" {
  description = "Passwords of users by name; two for one while the second takes the place of the first."
  type        = map(set(string))
  sensitive   = true

  default = {
    admin    = ["a-password-for-the-emulator"]
    app      = ["another-password-for-the-emulator"]
    readonly = ["a-third-password-for-the-emulator"]
  }
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

# AWS makes no group of redis without a user of this name; off, so that clients have to say who they are.
user "default" {
  user_id              = "${var.application}-default"
  user_name            = "default"
  engine               = "redis"
  access_string        = "off -@all"
  no_password_required = true
}

user "admin" {
  user_id   = "${var.application}-admin"
  user_name = "${var.application}-admin"
  engine    = "redis"
  role      = "admin"
  passwords = var.passwords["admin"]
  tags      = { Role = "Admin" }
}

user "app" {
  user_id   = "${var.application}-app"
  user_name = "${var.application}-app"
  engine    = "redis"
  role      = "app"
  passwords = var.passwords["app"]
  tags      = { Role = "Application" }
}

# Analytics: reads everything.
user "readonly" {
  user_id   = "${var.application}-readonly"
  user_name = "${var.application}-readonly"
  engine    = "redis"
  role      = "readonly"
  passwords = var.passwords["readonly"]
  tags      = { Role = "ReadOnly" }
}

# Reads its own keys, logs in by IAM instead of a password, and joins the group later than the others.
user "reporting" {
  user_id       = "${var.application}-reporting"
  user_name     = "${var.application}-reporting"
  engine        = "redis"
  access_string = var.reporting
  tags          = { Role = "Reporting" }

  authentication_mode {
    type = "iam"
  }
}

user_group "users" {
  user_group_id = "${var.application}-user-group"
  engine        = "redis"
  user_ids      = [user.default.user_id, user.admin.user_id, user.app.user_id, user.readonly.user_id]
  tags          = { Environment = "prod" }

  lifecycle {
    ignore_changes = [user_ids]
  }
}

user_group_association "reporting" {
  user_group_id = user_group.users.user_group_id
  user_id       = user.reporting.user_id
}

replication_group "cache" {
  replication_group_id       = var.application
  description                = "A cache with users"
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = "cache.t4g.small"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  transit_encryption_enabled = true
  subnet_group_name          = subnet_group.main.name
  user_group_ids             = [user_group.users.user_group_id]
}

output "user_group_id" {
  value = user_group.users.user_group_id
}

output "users" {
  value = {
    admin       = user.admin.user_id
    application = user.app.user_id
    readonly    = user.readonly.user_id
    reporting   = user.reporting.user_id
  }
}
