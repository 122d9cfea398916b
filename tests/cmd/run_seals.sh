#!/bin/sh
# No model is fitted with outcomes of another role than train; whoever does it all the same is marked. usage: run_seals.sh HEPAR
set -u
. "${0%/*}/tap.sh"

cohort=$work/cohort
"$hepar" phantom cohort -o "$cohort" -n train=32 -n internal=10 -n external=10 -n rfa=8 -n tace=8 --seed 12 >"$work/log" 2>&1 ||
  { echo "Bail out! no virtual cohort: $(tail -n 1 "$work/log")"; exit 1; }
study=$cohort/study.yaml

# study_into OUT ARGS...: a small study of this cohort; what it says goes to OUT.log.
study_into() { into=$1; shift; "$hepar" run "$study" -o "$into" --set validation=quick --set deep.use=none --set 'score_blocks=[]' --set 'learners=[ridge, lasso, svm, forest]' "$@" >"$into.log" 2>&1; }
# with_cohort NAME PROGRAM: a copy of the cohort whose table goes through awk: header names in col[], OFS is the comma.
with_cohort() {
  mkdir "$work/$1" && ln -s "$cohort/images" "$work/$1/images" && cp "$study" "$work/$1/study.yaml" &&
    awk -F, -v OFS=, "NR == 1 { for (i = 1; i <= NF; i++) col[\$i] = i } $2" "$cohort/cohort.csv" >"$work/$1/cohort.csv"
}
# refused NAME TEXT ARGS...: the study is refused as misconfigured, with a line that holds TEXT, and nothing is left.
refused() {
  refused_name=$1 refused_text=$2; shift 2
  status=0; study_into "$work/refused" "$@" || status=$?
  if [ $status = 2 ] && grep -qF "$refused_text" "$work/refused.log" && [ ! -e "$work/refused" ]; then ok "$refused_name"
  else not_ok "$refused_name" "exit $status, expected 2 with: $refused_text" "$(tail -n 2 "$work/refused.log")"; fi
  rm -rf "$work/refused" "$work/refused.partial"
}

if study_into "$work/honest"; then ok an_honest_run; else not_ok an_honest_run "$(tail -n 3 "$work/honest.log")"; finish; fi

# ---- outcomes of other roles ----
with_cohort flipped 'NR > 1 && $col["role"] != "train" {
  if ($col["proliferative"] != "") $col["proliferative"] = 1 - $col["proliferative"]
  if ($col["rfs_days"] != "") { $col["rfs_days"] = 3 * $col["rfs_days"] + NR; $col["rfs_event"] = 1 - $col["rfs_event"] }
  if ($col["ttp_days"] != "") { $col["ttp_days"] = 2 * $col["ttp_days"] + NR; $col["ttp_event"] = 1 - $col["ttp_event"] }
} { print }'
study=$work/flipped/study.yaml
study_into "$work/flipped.out"
check other_roles_outcomes_change_no_byte_of_the_model cmp "$work/honest/model.hepar" "$work/flipped.out/model.hepar"
check other_roles_outcomes_change_no_byte_of_the_features cmp "$work/honest/features.csv" "$work/flipped.out/features.csv"
if cmp -s "$work/honest/metrics.json" "$work/flipped.out/metrics.json"; then not_ok other_roles_outcomes_change_the_measures 'metrics.json is the same: nothing was changed?'
else ok other_roles_outcomes_change_the_measures; fi

with_cohort erased 'NR > 1 && $col["role"] == "external" { $col["proliferative"] = "" } { print }'
study=$work/erased/study.yaml
study_into "$work/erased.out"
check a_role_without_labels_changes_no_byte_of_the_model cmp "$work/honest/model.hepar" "$work/erased.out/model.hepar"

with_cohort trained 'NR == 2 { $col["proliferative"] = 1 - $col["proliferative"] } { print }'
study=$work/trained/study.yaml
study_into "$work/trained.out"
if cmp -s "$work/honest/model.hepar" "$work/trained.out/model.hepar"; then not_ok a_label_of_train_changes_the_model
else ok a_label_of_train_changes_the_model; fi
study=$cohort/study.yaml

# ---- one truth: the locked model is the same in the table of all models and role by role ----
# of_winner, of_roles: "role auc" of every role with labels, from side_by_side and from roles.
of_winner() { grep '"winner": true' "$1/metrics.json" | sed -n 's/.*"role": "\([^"]*\)".*"auc": {"value": \([0-9.e-]*\),.*/\1 \2/p'; }
of_roles() { sed -n '/^  "roles": \[/,/^  \]/{s/^      "role": "\(.*\)",$/\1/p;s/^      "auc": {"value": \([0-9.e-]*\), "se".*/ \1/p}' "$1/metrics.json" | awk '/^ / { print role $0; next } { role = $0 }'; }
of_winner "$work/honest" >"$work/in_table"; of_roles "$work/honest" >"$work/by_role"
if [ "$(wc -l <"$work/in_table")" = 3 ] && cmp -s "$work/in_table" "$work/by_role"; then ok the_winner_has_one_auc_a_role
else not_ok the_winner_has_one_auc_a_role "$(cat "$work/in_table")" "by role:" "$(cat "$work/by_role")"; fi

# ---- what was opened, and when ----
sed -n '/"seals"/,/\]/p' "$work/honest/metrics.json" | tr '{' '\n' | sed -n 's/.*"what": "\([a-z ]*\)", "role": \("[a-z]*"\|null\).*/\1 \2/p' >"$work/seals"
if [ "$(head -n 1 "$work/seals")" = 'locked null' ] && [ "$(grep -c '^opened' "$work/seals")" = 5 ] && [ "$(wc -l <"$work/seals")" = 6 ]; then ok seals_are_opened_once_and_after_the_lock
else not_ok seals_are_opened_once_and_after_the_lock "$(cat "$work/seals")"; fi
study_into "$work/strata" --set 'roles.split=[{from: train, into: held, share: 0.25, by: stratified}]'
check a_stratified_split_is_logged_as_a_look_at_labels grep -q '"what": "read by a stratified split", "role": "train"' "$work/strata/metrics.json"

# ---- predictors that give the answer away ----
refused the_label_is_no_predictor "'proliferative' is read by an outcome of the study and cannot be a predictor" --set 'blocks.clinical.columns=[age, proliferative]'
refused an_event_is_no_predictor "'rfs_event' is read by an outcome" --set 'blocks.clinical.columns=[age, {name: rfs_event, kind: category}]'
refused a_time_is_no_predictor "'ttp_days' is read by an outcome" --set 'blocks.clinical.columns=[age, ttp_days]'
refused a_conditions_column_is_no_predictor "'afp' is read by an outcome" --set 'target.label={column: afp, positive: [1], negative: [2]}'
refused roles_cannot_follow_an_outcome "'proliferative' is an outcome; roles cannot depend on it" --set roles.column=proliferative
with_cohort telling 'NR == 1 { print $0, "stage", "grade" } NR > 1 { print $0, $col["proliferative"] == 1 ? "III" : "I", $col["proliferative"] * 9 + NR % 9 }'
study=$work/telling/study.yaml
refused a_function_of_the_label_is_no_predictor "column 'stage' is a function of the label on train and cannot be a predictor" --set 'blocks.clinical.columns=[age, stage]'
study_into "$work/telling.out" --set 'blocks.clinical.columns=[age, grade]'
check a_column_that_tells_nearly_all_is_warned_of grep -q "column 'grade' alone has AUC [01][.0-9]* on train" "$work/telling.out/metrics.json"
study=$cohort/study.yaml

# ---- the one way round, and its mark ----
study_into "$work/leaky" --allow-leakage
check a_leaky_run_says_so grep -q 'no measure of this run is honest' "$work/leaky.log"
check a_leaky_run_marks_its_metrics grep -q '"allow_leakage": true' "$work/leaky/metrics.json"
check a_leaky_run_logs_the_broken_seal grep -q '"what": "broken"' "$work/leaky/metrics.json"
check an_honest_run_is_not_marked grep -q '"allow_leakage": false' "$work/honest/metrics.json"
if cmp -s "$work/honest/model.hepar" "$work/leaky/model.hepar"; then not_ok a_leaky_model_is_another_model
else ok a_leaky_model_is_another_model; fi
finish
