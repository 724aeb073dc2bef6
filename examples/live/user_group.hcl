# Costs nothing; takes about 2 minutes.

variable "again" { default = false }

user "reader" {
  user_id              = "cachestack-live-reader"
  user_name            = "cachestack-live-reader"
  engine               = "valkey"
  access_string        = "on ~* +@read"

  authentication_mode {
    type = "iam"
  }
}

user_group "app" {
  user_group_id = "cachestack-live"
  engine        = "valkey"
  user_ids      = var.again ? [] : [user.reader.user_id]
}
