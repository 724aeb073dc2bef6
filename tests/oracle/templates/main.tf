locals {
  xs = ["p", "q"]
  a = <<-EOT
    one
      two
    three
  EOT
  b = <<-EOT
    %{ for x in local.xs ~}
    item ${x}
    %{ endfor ~}
    done
  EOT
  c = <<-EOT
    %{ for x in local.xs }
    item ${x}
    %{ endfor }
  EOT
  d = <<-EOT
    ${1}
      x

   
    y
  EOT
  e = <<EOT
  raw ${"a" ~}
     b
  %{~ if true ~}
  yes
  %{~ else ~}
  no
  %{~ endif ~}
  end $${x} %%{y} \n "q"
EOT
  f = <<-EOT
  EOT
  g = <<EOT

EOT
  h = <<-EOT
	tab
	  two
	EOT
  j = [<<-A
    in list
    A
    , 2]
  k = "%{ for i, x in local.xs }${i}:${x}%{ if i == 0 }, %{ endif }%{ endfor }"
  l = "  ${~ "a" ~}  \n  b"
  m = <<-EOT
    a ${join(",", [
      "x",
    ])} b
    c
  EOT
  n = <<-EOT
      ${~ "a" }
    b
  EOT
}
