# Costs some cents for an hour; takes about 10 minutes.

variable "again" { default = false }

serverless_cache "c" {
  name        = "cachestack-live"
  engine      = "valkey"
  description = var.again ? "Again" : "Once"

  cache_usage_limits {
    data_storage {
      maximum = 1
      unit    = "GB"
    }
  }
}
