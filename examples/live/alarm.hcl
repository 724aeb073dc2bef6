# Costs nothing below ten of an account; takes about 1 minute.

variable "again" { default = false }

alarm "busy" {
  alarm_name          = "cachestack-live-busy"
  namespace           = "AWS/ElastiCache"
  metric_name         = "CPUUtilization"
  dimensions          = { CacheClusterId = "cachestack-live" }
  comparison_operator = "GreaterThanThreshold"
  statistic           = "Average"
  period              = 300
  evaluation_periods  = var.again ? 3 : 2
  threshold           = 90
}
