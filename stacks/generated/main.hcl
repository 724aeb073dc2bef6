# What is made once and kept: a suffix, so that names are free everywhere; a token, which nobody chooses and no state
# holds. A new era makes both anew: the group gets its new token while it goes on, in two calls.

stack "generated" {
  tags = { Stack = "generated" }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-east-1"
  secrets  = "file:.cachestack/tokens"
}

variable "era" {
  type        = string
  default     = "2026"
  description = "Another one rotates the token."
}

random_id "suffix" {
  byte_length = 3
}

random_password "token" {
  length  = 48
  special = false
  keepers = { era = var.era }
}

time_static "since" {
  triggers = { era = var.era }
}

replication_group "sessions" {
  replication_group_id       = "sessions-${random_id.suffix.hex}"
  description                = "Sessions"
  engine                     = "valkey"
  engine_version             = "8.0"
  node_type                  = "cache.t4g.micro"
  transit_encryption_enabled = true
  auth_token                 = random_password.token.result
  tags                       = { Suffix = random_id.suffix.b64_url }
}

output "endpoint" { value = replication_group.sessions.primary_endpoint_address }
output "since" { value = time_static.since.rfc3339 }
output "token" {
  value     = random_password.token.result
  sensitive = true
}
