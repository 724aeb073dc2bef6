# Looks at what is offered, and costs nothing. Only with --allow-purchase it BUYS A NODE FOR A YEAR; takes about 3 minutes.

variable "again" { default = false }

variable "purchase" {
  description = "Whether one is bought. A destroy takes it out of the state, and gives no money back."
  default     = false
}

data "reserved_cache_node_offering" "least" {
  cache_node_type     = "cache.t4g.micro"
  duration            = "P1Y"
  offering_type       = "No Upfront"
  product_description = "redis"
}

reserved_cache_node "r" {
  count                            = var.purchase ? 1 : 0
  id                               = "cachestack-live"
  reserved_cache_nodes_offering_id = data.reserved_cache_node_offering.least.offering_id
  tags                             = { again = tostring(var.again) }
}

output "offering" { value = data.reserved_cache_node_offering.least.offering_id }
output "fixed_price" { value = data.reserved_cache_node_offering.least.fixed_price }
