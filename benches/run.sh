#!/usr/bin/env bash
# Runs the workloads on Alluvium and on its peers, one after the other, and prints ratios.
#
#   benches/run.sh [DIR]        figures go to DIR/figures.jsonl (default: target/bench)
#
# With HUGE_PAGES=1 all of them ask for huge pages, where the system leaves that to them (glibc;
# /sys/kernel/mm/transparent_hugepage/enabled says madvise).
# Flink takes part if FLINK_CLASSPATH names its jars (see benches/README.md) and javac is there.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=${1:-target/bench}
mkdir -p "$dir"
figures=$dir/figures.jsonl
: >"$figures"

cargo build --release --locked -p alluvium-benches --bins
bin=${CARGO_TARGET_DIR:-target}/release
java_pages=
if [ -n "${HUGE_PAGES:-}" ]; then
    export GLIBC_TUNABLES=glibc.malloc.hugetlb=1
    java_pages=-XX:+UseTransparentHugePages
fi
run() { echo "-- $*" >&2; "$@" | tee -a "$figures"; }

run "$bin/bare" value "$dir/bare"
run "$bin/workloads" value,map,list,growth,snapshots,files "$dir/alluvium"
run "$bin/memory" memory "$dir/memory"
if [ -n "${FLINK_CLASSPATH:-}" ] && command -v javac >/dev/null; then
    mkdir -p "$dir/classes"
    javac -nowarn -cp "$FLINK_CLASSPATH" -d "$dir/classes" benches/peers/flink/FlinkStatePeer.java
    run java --add-opens java.base/java.lang=ALL-UNNAMED --add-opens java.base/java.util=ALL-UNNAMED \
        --add-opens java.base/java.nio=ALL-UNNAMED -Xmx8g ${java_pages:+"$java_pages"} -cp "$dir/classes:$FLINK_CLASSPATH" \
        FlinkStatePeer hashmap value,map,list,snapshots,memory "$dir/flink"
else
    echo "-- Flink is left out: FLINK_CLASSPATH is not set" >&2
fi
echo
"$bin/compare" "$figures"
