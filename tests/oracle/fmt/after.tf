resource "a" "b" {
  a   = 1
  foo = "x" # c
  bar = a
  longer_name = [1, 2,
  3]

  x { y = 1 }
  z {}
  b = -1
  c = !true
  d = a ? b : c
  e = a.b[0].c
  f = foo(1, 2...)
  g = { a = 1, bb = 2
    ccc : 3
  d = 4 }
  h         = [for x in y : x if x]
  i         = { for k, v in y : k => v... }
  j         = <<EOT
  x ${1 + 2}
EOT
  k         = "a${b}c"
  l         = a[*].b
  m         = a.*.b
  n         = (1 + 2) * 3 - 4 / 2 % 5
  o         = -a
  p         = [-1, -2]
  q         = a || b && c == d
  /* c */ r = 1
  s         = 1 /* d */
  t = [
    1,
    2,
    [3,
    4],
    {
      a = 1
    }
  ]
  u = f(
    a,
    b
  )
  v  = <<-EOT
   abc
  EOT
  ww = 1
}


variable "x" {}
variable "y" { type = string }
locals {
  a  = 1 # x
  bb = 2 // y
  ccc = {
  }
  dd = [
  ]
}
# comment
# indented
output "o" {
  value       = a.b
  description = "x"
  # c
  sensitive = true

  depends_on = [a, b]
}

variable "legacy" {
  type = list(string)
  default = ([
    1,
  ])
}
variable "other" {
  type    = map(any) # all
  default = "x${y}"
}
m "é" "n" {
  é    = "日本" # one
  aaaa = "b"  # two
  a = (x
  ? 1 : 2)
  b = foo("${bar}")
  c = -1 + -2 * (-3) - -x
  d = a ? -1 : -2
  e = !(a && !b)
  f = ["a", "b", ]
  g = x[*].y
  h = ns::f(1)
  i = "${a}${b}"
  j = [for x in [1, 2] : -x]
  k = "%{if a}b%{else}c%{endif}"
  l = {}
  n = {}
  o = []
  p = "${ { a = 1 } }x"
  q = 1     // c
  rrrrr = [ # d
    1       # e
    , 2
  ]
  s = x[0]["a"]
  t = (1)[0]
  u = f()[0]
  v = <<-A
  a ${b} %{if c~}
 d
%{endif}
  A
  w = [<<A
a
A
  , 1]
  x = a == -1
}
