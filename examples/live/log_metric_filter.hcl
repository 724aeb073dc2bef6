# Costs nothing; takes about 1 minute.

variable "again" { default = false }

log_group "slow" {
  name              = "/cachestack-live/filtered"
  retention_in_days = 1
}

log_metric_filter "errors" {
  name           = "cachestack-live"
  log_group_name = log_group.slow.name
  pattern        = var.again ? "?ERROR ?WARN" : "ERROR"

  metric_transformation {
    name      = "Errors"
    namespace = "CachestackLive"
    value     = "1"
  }
}
