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
  user_group_id = "cachestack-live-app"
  engine        = "valkey"
  tags          = { again = tostring(var.again) }
}

user_group_association "reader" {
  user_group_id = user_group.app.user_group_id
  user_id       = user.reader.user_id
}
