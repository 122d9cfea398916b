# The external AUC of a run's metrics.json:  awk -f external_auc.awk -v role=external metrics.json
/^  "roles": / { inside = 1 }
inside && /"role": / { here = index($0, "\"" role "\"") > 0 }
inside && here && /"auc": \{"value": / {
  sub(/.*"auc": \{"value": /, ""); sub(/[,}].*/, "")
  print
  exit
}
