"""Makes evaluation.json beside this file: `python make.py`. Needs pytrec_eval-terrier, scipy, numpy."""
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytrec_eval
from scipy.stats import pearsonr, spearmanr

here = Path(__file__).parent
rng = np.random.default_rng(8)


def write(name, packages, **data):
    meta = {"versions": {package: version(package) for package in [*packages, "numpy"]}}
    (here / name).write_text(json.dumps({"meta": meta, **data}, ensure_ascii=False) + "\n")


# Graded relevance with 0 and -1, ties (scores of one digit), ids that need an order by bytes, a query that was not searched, one that nothing was
# found for, one without relevant documents, one that nobody judged.
ids = [f"d{i}" for i in range(30)] + ["D", "é", "文", "\ufb01", "\U0001f41d"]
qrels, run = {}, {}
for q in range(12):
    judged = rng.choice(len(ids), 14, replace=False)
    qrels[f"q{q}"] = {ids[i]: int(rng.choice([-1, 0, 0, 1, 1, 2, 3])) for i in judged}
    found = rng.choice(len(ids), 25, replace=False)
    run[f"q{q}"] = {ids[i]: round(float(rng.random()), 1) for i in found}
qrels["q10"] = {i: min(0, grade) for i, grade in qrels["q10"].items()}
del run["q11"]
run["unjudged"] = {"d1": 1.0}
qrels["nothing"] = {"d1": 1}
cuts = [1, 3, 10, 100]


def trec(run, measures):
    return pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(run)


def ordered(ranking):
    # trec_eval: by score, then by the bytes of the id, both falling
    return sorted(ranking, key=lambda i: (ranking[i], i.encode()), reverse=True)


at = ",".join(map(str, cuts))
full = trec(run, {f"ndcg_cut.{at}", f"recall.{at}", f"map_cut.{at}", f"P.{at}"})
expected = {}
for q in full:
    expected[q] = {}
    for k in cuts:
        first = {i: run[q][i] for i in ordered(run[q])[:k]}
        mrr = trec({q: first}, {"recip_rank"})[q]["recip_rank"]
        of = {"ndcg": f"ndcg_cut_{k}", "recall": f"recall_{k}", "map": f"map_cut_{k}", "precision": f"P_{k}"}
        expected[q] |= {f"mrr@{k}": mrr} | {f"{ours}@{k}": full[q][theirs] for ours, theirs in of.items()}

scores = np.round(rng.standard_normal(60), 1)
gold = np.round(scores + rng.standard_normal(60)).astype(float)
small = [1e-200, 3e-200, 2e-200]
reports = [
    {"scores": list(map(float, a)), "gold": list(map(float, b)), "spearman": spearmanr(a, b).statistic, "pearson": pearsonr(a, b).statistic}
    for a, b in [(scores, gold), (scores[:3], [1.0, 2.0, 2.0]), (small, [1.0, 2.0, 3.0]), ([1.0, 2.0], [5.0, -5.0])]
]
run["nothing"] = {}
write("evaluation.json", ["pytrec_eval-terrier", "scipy"], cuts=cuts, qrels=qrels, run=run, expected=expected, reports=reports)
