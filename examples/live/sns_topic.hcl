# Costs nothing; takes about 1 minute.

variable "again" { default = false }

sns_topic "news" {
  name         = "cachestack-live"
  display_name = var.again ? "Caches" : "Cache"
}
