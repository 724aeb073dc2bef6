#!/bin/sh
# Makes one kind of object in a real AWS account, plans again, changes it, plans again and destroys it, whatever happens
# in between; what was printed is kept in a report. No secret is in it: cachestack prints none.
#
#   COSTS MONEY for caches: run without a kind, it says how much and how long. Needs credentials of an account with a
#   default VPC, and permission for what the kind is made of.
#
#   ACCOUNT=123456789012 AWS_REGION=us-west-2 examples/live-smoke.sh [KIND [--allow-purchase]]
#
# Of what is bought for good, reserved nodes, only the offering is looked up, unless --allow-purchase says otherwise.
# ENDPOINT sends everything elsewhere, to `cachestack emulate` for instance; REPORT names the report's file.
set -eu

here=$(cd "$(dirname "$0")" && pwd)

# Cheapest first.
kinds="reserved_cache_node log_group log_metric_filter sns_topic sns_topic_subscription dashboard alarm composite_alarm subnet_group
    parameter_group security_group security_group_rule vpc_security_group_ingress_rule vpc_security_group_egress_rule
    user user_group user_group_association serverless_cache cache_cluster replication_group snapshot
    global_replication_group"

if [ $# -eq 0 ]; then
    for kind in $kinds; do
        printf '%-32s %s\n' "$kind" "$(sed -n '1s/^# //p' "$here/live/$kind.hcl")"
    done
    exit 0
fi

kind=$1
purchase=
case ${2:-} in
'') ;;
--allow-purchase) purchase="--var purchase=true --allow-purchase reserved_cache_node.r[0]" ;;
*) echo "$2 is not understood; the only option is --allow-purchase" >&2; exit 2 ;;
esac
[ -z "$purchase" ] || [ "$kind" = reserved_cache_node ] || { echo "nothing is bought for a $kind" >&2; exit 2; }
[ -f "$here/live/$kind.hcl" ] || { echo "there is no examples/live/$kind.hcl; without an argument all kinds are listed" >&2; exit 2; }
: "${ACCOUNT:?set ACCOUNT to the twelve digits of the account that may be used}"
: "${AWS_REGION:?set AWS_REGION}"
cachestack=${CACHESTACK:-cachestack}
endpoint=${ENDPOINT:-}
report=${REPORT:-live-$kind.txt}
work=$(mktemp -d)

line=
[ -z "$endpoint" ] || line="endpoint = \"$endpoint\""
cp "$here/live/$kind.hcl" "$work/main.hcl"
cat >>"$work/main.hcl" <<HCL

environment "live" {
  region     = "$AWS_REGION"
  account_id = "$ACCOUNT"
  $line
}
HCL

# Words, not patterns: an address has brackets.
set -f

# Shows what a command prints, keeps it in the report, and ends as the command does.
step() {
    echo "== cachestack $*" | tee -a "$report"
    code=0
    { "$cachestack" "$@" -e live "$work" 2>&1 || echo "$?" >"$work/code"; } | tee -a "$report"
    if [ -f "$work/code" ]; then
        code=$(cat "$work/code")
        rm "$work/code"
    fi
    return "$code"
}

finish() {
    code=$?
    trap - EXIT INT TERM
    if step destroy --auto-approve; then
        rm -r "$work"
    else
        echo "!! The clean-up did not come to its end. The state is in $work; run:" | tee -a "$report"
        echo "!!   $cachestack destroy -e live $work" | tee -a "$report"
        code=1
    fi
    echo "== $kind: exit $code" | tee -a "$report"
    exit "$code"
}

: >"$report"
step validate
step plan $purchase
printf 'This makes the objects above in account %s. %s Go on? Only "yes" is accepted: ' \
    "$ACCOUNT" "$(sed -n '1s/^# //p' "$work/main.hcl")"
read -r answer
[ "$answer" = yes ] || { rm -r "$work"; echo "nothing was sent"; exit 1; }

trap finish EXIT INT TERM
step apply --auto-approve $purchase
step plan --detailed-exitcode $purchase
step apply --auto-approve $purchase --var again=true
step plan --detailed-exitcode $purchase --var again=true
