#!/usr/bin/env python3
"""hcc_erratum.py DIR: the Cox model OS ~ clipn of DIR/hcc_tace_clinical.csv, by Newton's method to the last digit (Efron's ties).

DIR/expected.json took it from an optimiser that stopped short of the maximum; tests/ref/hcc.c has the P value printed here in its
place. Standard library alone.
"""
import csv
import math
import sys

with open(sys.argv[1] + "/hcc_tace_clinical.csv", encoding="utf-8-sig") as table:
    cases = list(csv.DictReader(table))
time = [float(c["OS"]) for c in cases]
dead = [c["Death_1_StillAliveorLostToFU_0"] == "1" for c in cases]
x = [float(c["CLIP_Score"][-1]) for c in cases]
centre = sum(x) / len(x)
x = [v - centre for v in x]


def score_and_information(b):
    score = information = 0.0
    for t in sorted({time[i] for i in range(len(x)) if dead[i]}):
        risk = [i for i in range(len(x)) if time[i] >= t]
        died = [i for i in risk if dead[i] and time[i] == t]
        moments = [[math.fsum(x[i] ** k * math.exp(b * x[i]) for i in part) for k in range(3)] for part in (risk, died)]
        score += math.fsum(x[i] for i in died)
        for j in range(len(died)):
            s0, s1, s2 = (moments[0][k] - j / len(died) * moments[1][k] for k in range(3))
            score -= s1 / s0
            information += s2 / s0 - (s1 / s0) ** 2
    return score, information


b = 0.0
for _ in range(50):
    score, information = score_and_information(b)
    b += score / information
se = 1 / math.sqrt(score_and_information(b)[1])
print("coef %.15g se %.15g p %.15g" % (b, se, math.erfc(b / se / math.sqrt(2))))
