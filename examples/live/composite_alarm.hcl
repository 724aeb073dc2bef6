# Costs half a dollar for a whole month; takes about 1 minute.

variable "again" { default = false }

alarm "busy" {
  alarm_name          = "cachestack-live-busy"
  namespace           = "AWS/ElastiCache"
  metric_name         = "CPUUtilization"
  dimensions          = { CacheClusterId = "cachestack-live" }
  comparison_operator = "GreaterThanThreshold"
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 1
  threshold           = 90
}

composite_alarm "page" {
  alarm_name        = "cachestack-live-page"
  alarm_rule        = "ALARM(\"${alarm.busy.alarm_name}\")"
  alarm_description = var.again ? "Again" : "Once"
}
