#!/bin/sh
# Makes the quickstart once in a real AWS account, plans again, and destroys it, whatever happens in between.
#
#   COSTS MONEY: two cache.t4g.micro nodes for about half an hour, a few cents. Needs credentials of an account with a
#   default VPC, and permission for ElastiCache, EC2 security groups, CloudWatch alarms and tagging.
#
#   ACCOUNT=123456789012 AWS_REGION=us-west-2 examples/live-smoke.sh
set -eu

: "${ACCOUNT:?set ACCOUNT to the twelve digits of the account that may be used}"
: "${AWS_REGION:?set AWS_REGION}"
cachestack=${CACHESTACK:-cachestack}
endpoint=${ENDPOINT:-}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)

line=
[ -z "$endpoint" ] || line="endpoint = \"$endpoint\""

cp "$here/quickstart/main.hcl" "$work/main.hcl"
cat >>"$work/main.hcl" <<HCL

environment "live" {
  region     = "$AWS_REGION"
  account_id = "$ACCOUNT"
  $line
}
HCL

finish() {
    code=$?
    trap - EXIT INT TERM
    echo "== cleaning up"
    if "$cachestack" destroy --auto-approve -e live "$work"; then
        rm -r "$work"
    else
        echo "!! The clean-up did not come to its end. The state is in $work; run:"
        echo "!!   $cachestack destroy -e live $work"
        code=1
    fi
    exit "$code"
}

"$cachestack" validate -e live "$work"
"$cachestack" plan -e live "$work"
printf 'This makes the objects above in account %s and costs money. Go on? Only "yes" is accepted: ' "$ACCOUNT"
read -r answer
[ "$answer" = yes ] || { rm -r "$work"; echo "nothing was sent"; exit 1; }

trap finish EXIT INT TERM
"$cachestack" apply --auto-approve -e live "$work"
"$cachestack" plan --detailed-exitcode -e live "$work"
"$cachestack" plan -e live --var node_type=cache.t4g.small "$work"
echo "== made and re-planned: all is well"
