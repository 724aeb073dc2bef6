# What may differ from one use of this stack to the next. `team.auto.hclvars` is read without being named;
# environment `vars`, CACHESTACK_VAR_NAME, --var-file and --var come after it, and the last one wins.

variable "replication_group_id" {
  type = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,39}$", var.replication_group_id))
    error_message = "An id has up to 40 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "description" {
  type    = string
  default = "A cache made from variables"
}

variable "engine_version" {
  type    = string
  default = "7.1"
}

variable "node_type" {
  type = string
}

variable "port" {
  type    = number
  default = 6379
}

variable "num_cache_clusters" {
  type    = number
  default = 1

  validation {
    condition     = var.num_cache_clusters >= 1 && var.num_cache_clusters <= 6
    error_message = "A group without shards has 1 to 6 nodes."
  }
}

# Both follow from the number of nodes unless they are set.
variable "automatic_failover_enabled" {
  type    = bool
  default = null
}

variable "multi_az_enabled" {
  type    = bool
  default = null
}

variable "parameters" {
  type    = map(string)
  default = { maxmemory-policy = "allkeys-lru" }
}

# An object keeps together what is only ever set together; attributes that are left out get their defaults.
variable "backup" {
  type = object({
    days        = optional(number, 0)
    window      = optional(string, "03:00-05:00")
    maintenance = optional(string, "sun:05:00-sun:07:00")
  })
  default = {}
}

variable "encryption" {
  type = object({
    at_rest = optional(bool, true)
    transit = optional(bool, true)
  })
  default = {}
}

variable "network" {
  type = object({
    vpc_id             = optional(string)
    subnet_ids         = optional(set(string))
    security_group_ids = optional(set(string))
  })
  default     = {}
  description = "An existing network; the default VPC and a security group of its own without it."
}

variable "common_tags" {
  type    = map(string)
  default = {}
}
