"""Makes lexical.json, fusion.json and groups.json beside this file: `python make.py`.
Needs bm25s, ranx, langchain-core, scikit-learn, scipy, numpy."""
import json
from importlib.metadata import version
from pathlib import Path

import bm25s
import numpy as np
from langchain_core.vectorstores.utils import maximal_marginal_relevance
from ranx import Run, fuse
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import KMeans

here = Path(__file__).parent
rng = np.random.default_rng(7)


def write(name, packages, **data):
    meta = {"versions": {package: version(package) for package in [*packages, "numpy"]}}
    (here / name).write_text(json.dumps({"meta": meta, **data}, ensure_ascii=False) + "\n")


# BM25 over words of a small vocabulary, the frequent ones first
words = [f"w{i}" for i in range(60)]
texts = [[words[int(60 * rng.random() ** 2)] for _ in range(rng.integers(1, 40))] for _ in range(50)]
queries = [["w0", "w1"], ["w40", "w50", "w59", "w3"], ["w2"], ["none", "w7"]]
bm25 = bm25s.BM25(method="lucene", k1=1.2, b=0.75, dtype="float64")
bm25.index([list(t) for t in texts], show_progress=False)
known = {w for t in texts for w in t}
scores = [bm25.get_scores([w for w in q if w in known]).tolist() for q in queries]
write("lexical.json", ["bm25s"], texts=[" ".join(t) for t in texts], queries=[" ".join(q) for q in queries], scores=scores)

# Fusion of two and three rankings
rankings = []
for n in (12, 9, 15):
    ids = rng.choice(30, n, replace=False)
    rankings.append(sorted(((int(i), float(s)) for i, s in zip(ids, rng.random(n) * 10)), key=lambda x: -x[1]))
runs = [Run({"q": {str(i): s for i, s in r}}) for r in rankings]


def fused(**how):
    return {int(i): s for i, s in fuse(runs=runs, **how).run["q"].items()}


weights = [0.5, 0.2, 0.3]
vectors = rng.normal(size=(12, 8))
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
query = vectors[:3].sum(0) / np.linalg.norm(vectors[:3].sum(0))
write(
    "fusion.json",
    ["ranx", "langchain-core"],
    rankings=rankings,
    weights=weights,
    rrf=fused(norm=None, method="rrf", params={"k": 60}),
    rrf10=fused(norm=None, method="rrf", params={"k": 10}),
    wsum=fused(norm="min-max", method="wsum", params={"weights": weights}),
    raw=fused(norm=None, method="wsum", params={"weights": weights}),
    mmr={
        "vectors": vectors.tolist(),
        "query": query.tolist(),
        "picked": {
            str(l): [int(i) for i in maximal_marginal_relevance(query, list(vectors), lambda_mult=l, k=8)]
            for l in (0.0, 0.3, 0.5, 0.7, 1.0)
        },
    },
)

# Groups of near-duplicates: connected components of the graph of pairs above a threshold
points = rng.normal(size=(60, 4))
points /= np.linalg.norm(points, axis=1, keepdims=True)
components = {str(t): connected_components(points @ points.T >= t)[1].tolist() for t in (0.8, 0.9, 0.97)}

# Clusters that are far apart: scikit-learn's k-means and spherical k-means have the same
centres = np.eye(5, 12)
cloud = np.concatenate([c + rng.normal(scale=0.12, size=(20, 12)) for c in centres])
cloud /= np.linalg.norm(cloud, axis=1, keepdims=True)
labels = KMeans(5, n_init=20, random_state=0).fit(cloud).labels_.tolist()
write(
    "groups.json",
    ["scikit-learn", "scipy"],
    points=points.tolist(),
    components=components,
    cloud=cloud.tolist(),
    labels=labels,
)
