# Costs nothing; takes about 1 minute.

variable "again" { default = false }

log_group "slow" {
  name              = "/cachestack-live/slow"
  retention_in_days = var.again ? 3 : 1
}
