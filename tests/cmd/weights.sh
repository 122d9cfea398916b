#!/bin/sh
# hepar weights list and import: what is printed, what is written, what is refused.
set -u
. "${0%/*}/tap.sh"
top=$2
cp "$top"/tests/data/weights/*.pth "$work"
cd "$work" || exit 1

# Channels of small2d: input and blocks (src/nn/net_small.c).
channels='1 8 16 32'

# net2d FILE SKIP: a safetensors file of the net small2d (one channel, one output) under "module.", all zero, without the tensors that SKIP fits.
net2d() {
  awk -v skip="$2" -v channels="$channels" '
  function add(name, shape, n) {
    if (name ~ skip) return
    header = header sprintf("%s\"module.%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%d,%d]}", header == "" ? "" : ",", name, shape, at, at + 4 * n)
    at += 4 * n
  }
  BEGIN {
    split(channels, c, " ")
    for (b = 1; b <= 3; b++) {
      add("block" b ".conv.weight", c[b + 1] "," c[b] ",3,3", c[b + 1] * c[b] * 9)
      m = split("weight bias running_mean running_var", part, " ")
      for (i = 1; i <= m; i++) add("block" b ".bn." part[i], c[b + 1], c[b + 1])
    }
    add("fc.weight", "1," c[4], c[4])
    add("fc.bias", "1", 1)
    add("extra", "2", 2)
    header = "{" header "}"
    while (length(header) % 8 != 0) header = header " "
    n = length(header)
    printf "\\%03o\\%03o\\%03o\\000\\000\\000\\000\\000\n%s\n%d\n", n % 256, int(n / 256) % 256, int(n / 65536), header, at
  }' >"$1.parts"
  { printf "$(sed -n 1p "$1.parts")"; sed -n 2p "$1.parts" | tr -d '\n'; head -c "$(sed -n 3p "$1.parts")" /dev/zero; } >"$1"
}
net2d net.safetensors none
net2d headless.safetensors '^fc|extra'
net2d cut.safetensors block2

cat >expected <<'END'
checkpoint.pth: PyTorch zip
  epoch: 7
  arch: two layers
  done: true
  conv.weight               float32   3 x 2 x 2 x 2
  conv.bias                 float32   3
  norm.weight               float32   3
  norm.bias                 float32   3
  norm.running_mean         float32   3
  norm.running_var          float32   3
  norm.num_batches_tracked  int64     one value
7 tensors, 40 values, 164 bytes
note: a checkpoint, of which `model` is taken
note: 1 entry is left out: optimizer
END
"$hepar" weights list checkpoint.pth >got 2>&1
check a_checkpoints_tensors_are_listed diff expected got

"$hepar" weights list module_zip.pth | sed 1d >zip
"$hepar" weights list module_legacy.pth | sed 1d >legacy
check both_forms_of_a_file_list_the_same cmp zip legacy

cat >expected <<'END'
{
  "file": "module_legacy.pth",
  "form": "PyTorch legacy",
  "texts": {},
  "tensors": [
    {"name": "conv.weight", "dtype": "float32", "shape": [3, 2, 2, 2]},
    {"name": "conv.bias", "dtype": "float32", "shape": [3]},
    {"name": "norm.weight", "dtype": "float32", "shape": [3]},
    {"name": "norm.bias", "dtype": "float32", "shape": [3]},
    {"name": "norm.running_mean", "dtype": "float32", "shape": [3]},
    {"name": "norm.running_var", "dtype": "float32", "shape": [3]},
    {"name": "norm.num_batches_tracked", "dtype": "int64", "shape": []}
  ],
  "tensor_n": 7,
  "value_n": 40,
  "byte_n": 164,
  "notes": []
}
END
"$hepar" weights list module_legacy.pth --json | grep -v sha256 >got 2>&1
check tensors_are_listed_as_json diff expected got

cat >expected <<'END'
net.safetensors: safetensors; 17 of the 17 tensors of small2d taken: prefix "module." dropped
unexpected, left out (1):
  extra
END
sed -i 's/  extra/  module.extra/' expected
"$hepar" weights import net.safetensors --net small2d -o out2d.safetensors >got 2>&1
check a_net_is_filled diff expected got

cat >expected <<'END'
net.safetensors: safetensors; 15 of the 17 tensors of small3d taken: prefix "module." dropped; 3 tensors inflated from 2-D to 3-D; input channels 1 made 2 (mean); the file's head has another number of outputs and is left out
missing, left at their initial values (2):
  fc.weight
  fc.bias
unexpected, left out (3):
  module.fc.weight
  module.fc.bias
  module.extra
END
"$hepar" weights import net.safetensors --net small3d --channels 2 --outputs 3 -o out3d.safetensors >got 2>&1
check a_flat_net_is_inflated_and_its_channels_fitted diff expected got
"$hepar" weights list out3d.safetensors >got 2>&1
check what_is_written_has_the_nets_shapes grep -q '^  block1.conv.weight  *float32   8 x 2 x 3 x 3 x 3$' got
check what_is_written_says_what_it_is grep -q '^  net: small3d$' got
"$hepar" weights import net.safetensors --net small3d --channels 2 --outputs 3 -o again.safetensors >/dev/null 2>&1
check the_same_call_writes_the_same_bytes cmp out3d.safetensors again.safetensors
"$hepar" weights import out2d.safetensors --net small2d -o second.safetensors >got 2>&1
check what_is_written_is_taken_again grep -q '17 of the 17 tensors of small2d taken: as they are' got

cat >expected <<'END'
  "taken_n": 15,
  "inflated_n": 0,
  "changes": "prefix \"module.\" dropped",
  "missing": [
    "fc.weight",
    "fc.bias"
  ],
  "unexpected": [],
END
"$hepar" weights import headless.safetensors --net small2d -o head.safetensors --json | sed -n '/taken_n/,/unexpected/p' >got 2>&1
check a_file_without_a_head_is_taken diff expected got

lacks='5 of the 17 tensors of the net small2d are not there: block2.conv.weight, block2.bn.weight, block2.bn.bias, block2.bn.running_mean, block2.bn.running_var'
says a_file_that_lacks_tensors_is_refused 3 "hepar weights: cut.safetensors: $lacks" weights import cut.safetensors --net small2d -o none.safetensors
check nothing_is_written_then test ! -e none.safetensors
check it_is_taken_in_part_when_asked "$hepar" weights import cut.safetensors --net small2d -o part.safetensors --partial
says the_weights_of_another_net_are_refused 3 'hepar weights: net.safetensors: no tensor has a name of the net patches3d (its first: 0.weight, 1.weight, 1.bias, 1.running_mean, 1.running_var)' \
  weights import net.safetensors --net patches3d -o none.safetensors
says what_asks_for_more_is_refused_by_name 3 'hepar weights: complex.pth: data.pkl: it asks for torch.ComplexFloatStorage, which weights do not need: refused, nothing was run' weights list complex.pth
head -c 900 module_legacy.pth >short.pth
"$hepar" weights list short.pth >out 2>err; status=$?
check a_cut_file_is_refused test "$status" = 3 -a "$(wc -l <err)" = 1
says another_file_is_told 3 'hepar weights: expected: no weights file: neither safetensors nor PyTorch'"'"'s (zip or legacy)' weights list expected
says a_missing_file_is_told 3 'hepar weights: none.pth: no such file' weights list none.pth
says an_unknown_net_is_told 2 "hepar weights: network small3: not known; did you mean 'small3d'?" weights import net.safetensors --net small3 -o none.safetensors
says import_needs_a_net 2 'hepar weights: option --net is missing: the network' weights import net.safetensors -o none.safetensors
says import_needs_an_output 2 'hepar weights: option --output is missing: the file to write' weights import net.safetensors --net small2d
says list_takes_no_net 2 "hepar weights: options --net and --output belong to 'import'" weights list net.safetensors --net small2d
says another_word_is_told 2 'hepar weights: found "show", expected list or import' weights show net.safetensors

# Every call of ours that can fail, made to fail once each, until the call ends as it does without; what is written is whole.
# faults NAME STATUS ARGS...
faults() {
  faults_name=$1 faults_end=$2; shift 2
  n=1 whole=1
  while [ $n -lt 2000 ]; do
    rm -f fault.safetensors
    status=0; HEPAR_FAULT=$n timeout 20 "$hepar" weights "$@" -o fault.safetensors >out 2>err || status=$?
    [ $status = 4 ] || break
    if [ "$(wc -l <err)" != 1 ] || { [ -e fault.safetensors ] && ! cmp -s fault.safetensors out2d.safetensors; }; then whole=0; echo "# fault $n: exit $status: $(head -c 300 err)"; fi
    n=$((n + 1))
  done
  if [ $whole = 1 ] && [ $n -gt 20 ] && [ $status = "$faults_end" ]; then ok "$faults_name"; else not_ok "$faults_name" "$n calls, then exit $status"; fi
}
faults every_failing_call_of_an_import_is_one_line_and_exit_4 0 import net.safetensors --net small2d
faults every_failing_call_of_a_refusal_is_one_line_and_exit_4 3 import checkpoint.pth --net small2d
finish
