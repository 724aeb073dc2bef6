# Costs nothing; takes about 1 minute.

variable "again" { default = false }

parameter_group "p" {
  name       = "cachestack-live"
  family     = "valkey8"
  parameters = { timeout = var.again ? "300" : "200" }
}
