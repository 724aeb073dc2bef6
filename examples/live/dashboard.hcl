# Costs nothing below three of an account; takes about 1 minute.

variable "again" { default = false }

dashboard "cache" {
  dashboard_name = "cachestack-live"
  dashboard_body = jsonencode({
    widgets = [{ type = "text", x = 0, y = 0, width = 6, height = 2, properties = { markdown = var.again ? "Again" : "Once" } }]
  })
}
