"""Blocks of finished runs side by side: usage: dlr.py EFFECT RUN... (see dlr.sh)."""
import json
import math
import pathlib
import sys

ROLE = "external"
SINGLE = ("clinical", "radiomics", "deep")
FORMS = ("radiomics+deep.early", "radiomics+deep.late")


def pairs(metrics):
    """(first, second) -> row of metrics.json's `blocks` on the role, with the sign that belongs to that order."""
    out = {}
    for row in metrics["blocks"]:
        if row["role"] == ROLE:
            out[row["first"], row["second"]] = (row["difference"], 1)
            out[row["second"], row["first"]] = (row["difference"], -1)
    return out


def block_aucs(metrics):
    auc = {}
    for row in metrics["blocks"]:
        if row["role"] == ROLE:
            auc[row["first"]], auc[row["second"]] = row["first_auc"], row["second_auc"]
    return auc


def ranked_first(metrics, blocks):
    """The block whose best learner has the highest cross-validated AUC on train."""
    best = {}
    for row in metrics["ranking"]["rows"]:
        if row["auc_mean"] is not None and row["block"] in blocks:
            best[row["block"]] = max(best.get(row["block"], 0), row["auc_mean"])
    return max(best, key=best.get)


def estimate(difference):
    value, low, high = difference["value"], difference["low"], difference["high"]
    return value, (high - low) / (2 * 1.959963984540054)


def winner(metrics):
    value = next(role["auc"]["value"] for role in metrics["roles"] if role["role"] == ROLE)
    return value, f'{metrics["model"]["block"]} with {metrics["model"]["learner"]}'


def pooled(estimates):
    mean = sum(value for value, _ in estimates) / len(estimates)
    se = math.sqrt(sum(se * se for _, se in estimates)) / len(estimates)
    return f"{mean:+.4f} (95 % CI {mean - 1.96 * se:+.4f} to {mean + 1.96 * se:+.4f})"


def main():
    effect, runs = sys.argv[1], [pathlib.Path(run) for run in sys.argv[2:]]
    rows, by_better, by_winner, by_block, by_form = [], [], [], {}, {}
    print("seed  clinical radiomics deep   fusion  better single  difference  winner")
    for seed, run in enumerate(runs, 1):
        metrics = json.loads((run / "metrics.json").read_text())
        auc, pair = block_aucs(metrics), pairs(metrics)
        fusion = ranked_first(metrics, [name for name in auc if name.split(".")[0] == "radiomics+deep"])
        better = max((name for name in SINGLE if name in auc), key=auc.get)
        for single in SINGLE:
            if single in auc:
                difference, sign = pair[fusion, single]
                value, se = estimate(difference)
                by_block.setdefault(single, []).append((sign * value, se))
        by_better.append(by_block[better][-1])
        for form in FORMS:
            difference, sign = pair[form, better]
            value, se = estimate(difference)
            by_form.setdefault(form, []).append((sign * value, se))
        score, name = winner(metrics)
        won = metrics["model"]["block"]
        difference, sign = pair[won, better] if won != better else ({"value": 0, "low": 0, "high": 0}, 1)
        value, se = estimate(difference)
        by_winner.append((sign * value, se))
        rows.append(score)
        seconds = pathlib.Path(str(run) + ".seconds")
        took = f", {seconds.read_text().strip()} s" if seconds.exists() else ""
        print(f"{seed:4d}  " + "  ".join(f"{auc.get(single, math.nan):.4f}" for single in SINGLE)
              + f"  {auc[fusion]:.4f}  {better:13s}  {by_better[-1][0]:+.4f}     {score:.4f} {name} ({fusion}{took})")
    n = len(rows)
    mean = sum(rows) / n
    print(f"fusion - better single block, pooled over {n} cohorts: {pooled(by_better)}")
    for form, estimates in by_form.items():
        print(f"{form} - better single block, pooled: {pooled(estimates)}")
    print(f"winner - better single block, pooled: {pooled(by_winner)}")
    for single, estimates in by_block.items():
        print(f"fusion - {single}: {pooled(estimates)}")
    error = math.sqrt(sum((x - mean) ** 2 for x in rows) / (n - 1) / n) if n > 1 else math.nan
    print(f"winner: mean external AUC {mean:.4f}, standard error {error:.4f}")
    if float(effect) == 0:
        off = abs(mean - 0.5)
        passes = off <= 3.5 * error and off <= 0.05
        print(f"nothing to find: {off / error:.2f} errors and {off:.4f} from 0.5: {'passes' if passes else 'fails'}")
        sys.exit(not passes)


if __name__ == "__main__":
    main()
