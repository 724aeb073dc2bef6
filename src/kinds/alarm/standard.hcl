# The alarms that `alarms = "standard"` of a cache stands for. Thresholds are those of the ElastiCache user guide ("Which
# metrics should I monitor?"), of the AWS Database Blog ("Monitoring best practices with Amazon ElastiCache"), and of the
# alarm packs that AWS publishes for caches.

alarm "cpu" {
  alarm_description   = "The processor of a node is busy. Redis and Valkey run commands on one of several."
  alarm_name          = "${node.id}-cpu"
  metric_name         = node.engine == "memcached" || coalesce(node.vcpu, 4) <= 2 ? "CPUUtilization" : "EngineCPUUtilization"
  statistic           = node.engine == "memcached" ? "Average" : "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = node.engine == "memcached" || coalesce(node.vcpu, 4) > 2 ? 90 : 90 / coalesce(node.vcpu, 4)
  period              = node.engine == "memcached" ? 300 : 60
  evaluation_periods  = node.engine == "memcached" ? 2 : 5
  datapoints_to_alarm = node.engine == "memcached" ? 2 : 3
  treat_missing_data  = "notBreaching"
}

alarm "memory" {
  alarm_description   = "The memory of a node is nearly full."
  alarm_name          = "${node.id}-memory"
  metric_name         = "DatabaseMemoryUsagePercentage"
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  lifecycle {
    enabled = node.engine != "memcached"
  }
}

alarm "evictions" {
  alarm_description   = "Items are thrown out before their time."
  alarm_name          = "${node.id}-evictions"
  metric_name         = "Evictions"
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = node.engine == "memcached" ? 50 : 100
  period              = 300
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"
}

# A primary reports no lag, and a failover makes it a replica: the alarm is that of the worst of a shard.
alarm "lag" {
  per                 = "shard"
  alarm_description   = "A replica is behind its primary, so that a failover would lose what it has not got."
  alarm_name          = "${node.id}-lag"
  metric_name         = "ReplicationLag"
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  lifecycle {
    enabled = node.replicas
  }
}

# The rate is that of the requests: the mean of rates would count idle minutes, and Memcached reports none.
alarm "hits" {
  alarm_description   = "Clients ask for what is not in the cache."
  alarm_name          = "${node.id}-hits"
  comparison_operator = "LessThanThreshold"
  threshold           = node.engine == "memcached" ? 85 : 80
  evaluation_periods  = 6
  datapoints_to_alarm = 4
  treat_missing_data  = "notBreaching"
  metric_query {
    id = "hits"
    metric {
      metric_name = node.engine == "memcached" ? "GetHits" : "CacheHits"
      stat        = "Sum"
      period      = 300
    }
  }
  metric_query {
    id = "misses"
    metric {
      metric_name = node.engine == "memcached" ? "GetMisses" : "CacheMisses"
      stat        = "Sum"
      period      = 300
    }
  }
  metric_query {
    id          = "rate"
    label       = "Hits of 100 requests"
    expression  = "IF(hits + misses > 0, 100 * hits / (hits + misses), 100)"
    return_data = true
  }
}

alarm "throttled" {
  alarm_description   = "Commands wait or fail, because the cache does not grow as fast as its load, or has reached its limit."
  alarm_name          = "${node.id}-throttled"
  metric_name         = "ThrottledCmds"
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"
  lifecycle {
    enabled = node.engine != "memcached"
  }
}
