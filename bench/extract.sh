#!/usr/bin/env bash
# usage: bench/extract.sh DIR [HEPAR]
#
# hepar extract against PyRadiomics 3.0.1 on the same 60 patients of DIR (a folder with cohort.csv: ID, Image, Mask),
# one thread each, whole process from files to CSV. PyRadiomics comes from the Python package index into an environment
# of its own (BENCH_ENV, default build/bench-pyradiomics). Values are compared first; then three alternating runs of each.
# Prints CPU and wall seconds, -j 2 over -j 1, and on its last line the median ratio of CPU time.
set -euo pipefail
export LC_ALL=C

[ $# -ge 1 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }
dir=$(cd "$1" && pwd)
top=$(cd "$(dirname "$0")/.." && pwd)
hepar=${2:-$top/build/hepar}
env=${BENCH_ENV:-$top/build/bench-pyradiomics}
patients=60 rounds=3
[ -x "$hepar" ] || { echo "bench/extract.sh: no program at $hepar (./bootstrap build makes it)" >&2; exit 2; }

if [ ! -x "$env/bin/pyradiomics" ]; then
    echo "installing PyRadiomics 3.0.1 into $env" >&2
    python3 -m venv "$env"
    # Its source distribution builds against numpy 1 and an older setuptools, both to be there beforehand.
    "$env/bin/pip" install -q --disable-pip-version-check numpy==1.26.4 setuptools==68.2.2 wheel versioneer cython SimpleITK six PyWavelets pykwalify
    "$env/bin/pip" install -q --disable-pip-version-check --no-build-isolation --no-deps pyradiomics==3.0.1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$env/bin/python" - "$dir" "$patients" "$work/cases.csv" <<'PY'
import csv, os, sys
folder, n, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
rows = list(csv.DictReader(open(os.path.join(folder, 'cohort.csv'))))
rows = [rows[k * len(rows) // n] for k in range(min(n, len(rows)))]
with open(out, 'w', newline='') as f:
    w = csv.writer(f)
    w.writerow(['ID', 'Image', 'Mask'])
    for r in rows:
        w.writerow([r['ID'], os.path.join(folder, r['Image']), os.path.join(folder, r['Mask'])])
PY
printf 'setting:\n  binWidth: 25\n' >"$work/params.yaml"

export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS=1
run_pyradiomics() { "$env/bin/pyradiomics" "$work/cases.csv" -p "$work/params.yaml" -o "$work/pyradiomics.csv" -f csv -j 1 -v 1 >"$work/pyradiomics.log" 2>&1; }
run_hepar() { "$hepar" extract "$work/cases.csv" -p "$work/params.yaml" -o "$work/hepar.csv" -j "$1" >"$work/hepar.log" 2>&1; }

# seconds NAME COMMAND...: appends "wall cpu" to NAME.times
seconds() {
    local name=$1 real user sys TIMEFORMAT='%R %U %S'
    shift
    rm -f "$work/hepar.csv"
    { time "$@" || { cat "$work"/*.log >&2; exit 1; }; } 2>"$work/time"
    read -r real user sys < <(tail -n 1 "$work/time")
    awk -v r="$real" -v u="$user" -v s="$sys" 'BEGIN { print r, u + s }' >>"$work/$name.times"
}

run_pyradiomics || { cat "$work/pyradiomics.log" >&2; exit 1; }
run_hepar 1 || { cat "$work/hepar.log" >&2; exit 1; }
"$env/bin/python" - "$work/pyradiomics.csv" "$work/hepar.csv" <<'PY'
import csv, sys
a, b = (list(csv.DictReader(open(p))) for p in sys.argv[1:3])
names = [k for k in a[0] if k.startswith('original_')]
assert len(a) == len(b), f'{len(a)} rows against {len(b)}'
n = bad = 0
for x, y in zip(a, b):
    for k in names:
        p, q = float(x[k] or 'nan'), float(y.get(k) or 'nan')
        tolerance = 1e-6 if '_shape_' in k else 1e-9
        same = (p != p and q != q) or abs(p - q) <= 1e-12 + tolerance * max(abs(p), abs(q))
        n += 1
        if not same:
            bad += 1
            if bad <= 5:
                print(x['ID'], k, p, q)
print(f'values equal: {n - bad} / {n} ({len(a)} cases, {len(names)} features)')
sys.exit(bad > 0)
PY

for ((round = 0; round < rounds; round++)); do
    seconds pyradiomics run_pyradiomics
    seconds hepar run_hepar 1
    seconds hepar2 run_hepar 2
done

median() { cut -d' ' -f"$2" "$work/$1.times" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
printf '%-24s %10s %10s\n' "median of $rounds runs" 'wall s' 'CPU s'
printf '%-24s %10.3f %10.3f\n' 'PyRadiomics 3.0.1' "$(median pyradiomics 1)" "$(median pyradiomics 2)"
printf '%-24s %10.3f %10.3f\n' 'hepar extract -j 1' "$(median hepar 1)" "$(median hepar 2)"
printf '%-24s %10.3f %10.3f\n' 'hepar extract -j 2' "$(median hepar2 1)" "$(median hepar2 2)"
awk -v one="$(median hepar 1)" -v two="$(median hepar2 1)" 'BEGIN { printf "-j 2 over -j 1: %.2f times as fast (wall)\n", one / two }'
paste -d' ' "$work/pyradiomics.times" "$work/hepar.times" | awk '{ print $1 / $3 }' | sort -n | awk '{ v[NR] = $1 } END { printf "wall: %.1fx\n", v[int((NR + 1) / 2)] }'
paste -d' ' "$work/pyradiomics.times" "$work/hepar.times" | awk '{ print $2 / $4 }' | sort -n | awk '{ v[NR] = $1 } END { printf "%.1fx\n", v[int((NR + 1) / 2)] }'
