# Costs nothing; takes about 1 minute.

variable "again" { default = false }

user "reader" {
  user_id              = "cachestack-live-reader"
  user_name            = "cachestack-live-reader"
  engine               = "valkey"
  access_string        = var.again ? "on ~* +@read" : "on ~app:* +@read"

  authentication_mode {
    type = "iam"
  }
}
