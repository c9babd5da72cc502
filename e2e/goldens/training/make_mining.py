"""Makes mining.json beside this file: `python make_mining.py <FlagEmbedding>/scripts/hn_mine.py`. It runs that script's `find_knn_neg` and sentence-transformers'
`mine_hard_negatives` on stored vectors. Needs faiss-cpu, sentence-transformers, datasets, torch, numpy."""
import hashlib
import importlib.util
import json
import math
import sys
import tempfile
import types
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset
from sentence_transformers.util import mine_hard_negatives

here = Path(__file__).parent
script = Path(sys.argv[1])
rng = np.random.default_rng(9)
DIM = 16


def unit(rows):
    vectors = rng.standard_normal((rows, DIM)) + 0.5
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return np.array([[float(f"{x:.6g}") for x in row] for row in vectors], dtype=np.float32)


texts = [f"text {i}" for i in range(240)] + ["what is 3?"]
vectors = dict(zip(texts, unit(len(texts))))
queries = [f"what is {i}?" for i in range(6)]
query_vectors = dict(zip(queries, unit(len(queries))))
pairs = []
for i, query in enumerate(queries):
    best = sorted(texts, key=lambda t: -float(vectors[t] @ query_vectors[query]))
    # Positives inside and outside of the range, one to three of them
    pairs.append({"query": query, "pos": [best[j] for j in [5, 20, 61][: 1 + i % 3]], "neg": [best[100]], "prompt": "é", "id": i})


class Model:
    device = torch.device("cpu")

    def encode(self, corpus):
        self.corpus = corpus
        return np.stack([vectors[t] for t in corpus])

    def encode_queries(self, queries):
        return np.stack([query_vectors[q] for q in queries])

    # As sentence-transformers asks
    def encode_document(self, corpus, **_):
        return self.encode(corpus)

    def encode_query(self, queries, **_):
        return self.encode_queries(queries)

    def similarity(self, a, b):
        return torch.as_tensor(a) @ torch.as_tensor(b).T

    def similarity_pairwise(self, a, b):
        return (torch.as_tensor(a) * torch.as_tensor(b)).sum(1)


# FlagEmbedding: what goes into random.sample, for a pool and without one. The package itself is not needed.
for name in ("FlagEmbedding", "FlagEmbedding.abc", "FlagEmbedding.abc.inference"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["FlagEmbedding"].FlagAutoModel = sys.modules["FlagEmbedding.abc.inference"].AbsEmbedder = object
spec = importlib.util.spec_from_file_location("hn_mine", script)
hn_mine = importlib.util.module_from_spec(spec)
sys.modules["hn_mine"] = hn_mine
spec.loader.exec_module(hn_mine)
flag = []
for pool, reach in [(texts, [10, 60]), (texts, [0, 240]), (None, [1, 9])]:
    model, drawn = Model(), []
    hn_mine.random = types.SimpleNamespace(sample=lambda population, count: drawn.append(population) or [])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "in.jsonl"
        file.write_text("".join(json.dumps(p) + "\n" for p in pairs))
        hn_mine.find_knn_neg(model, file, Path(folder) / "out.jsonl", pool, reach, negative_number=0)
    assert len(drawn) == len(pairs)
    flag.append({"pool": pool is not None, "range": reach, "candidates": [[model.corpus[i] for i in rows] for rows in drawn]})

# sentence-transformers: all that the limits leave, of all texts
logits = {(q, t): float(np.round(8 * (vectors[t] @ query_vectors[q]) - 2 + rng.standard_normal(), 3)) for q in queries for t in texts}


class Reranker:
    def predict(self, pairs, **_):
        return torch.tensor([1 / (1 + math.exp(-logits[tuple(p)])) for p in pairs])


dataset = Dataset.from_list([{"anchor": p["query"], "positive": t} for p in pairs for t in p["pos"]])
limits = []
for options, reranker in [
    ({"absolute_margin": 0.1}, False),
    ({"relative_margin": 0.3}, False),
    ({"max_score": 0.2}, False),
    ({"absolute_margin": 0.05, "relative_margin": 0.2, "max_score": 0.3}, False),
    ({"absolute_margin": 0.1, "max_score": 0.6}, True),
    ({"relative_margin": 0.05}, True),
]:
    mined = mine_hard_negatives(
        dataset, Model(), corpus=texts, cross_encoder=Reranker() if reranker else None, range_min=0, range_max=len(texts),
        num_negatives=len(texts), output_format="triplet", verbose=False, **options,
    )
    left = [sorted({row["negative"] for row in mined if row["anchor"] == q} - {q}) for q in queries]
    limits.append({"options": options, "reranker": reranker, "left": left})

meta = {
    "hn_mine.py": {"commit": "7ed43d67ec03fbe5c31c0992dbfa941fb1860549", "sha256": hashlib.sha256(script.read_bytes()).hexdigest()},
    "versions": {p: version(p) for p in ("faiss-cpu", "sentence-transformers", "torch", "numpy")},
}
data = {
    "dim": DIM,
    "texts": texts,
    "vectors": [[float(f"{x:.6g}") for x in vectors[t]] for t in texts],
    "queryVectors": [[float(f"{x:.6g}") for x in query_vectors[q]] for q in queries],
    "pairs": pairs,
    "flag": flag,
    "limits": limits,
    "logits": [[logits[q, t] for t in texts] for q in queries],
}
(here / "mining.json").write_text(json.dumps({"meta": meta, **data}, ensure_ascii=False) + "\n")
print([len(c) for f in flag for c in f["candidates"]], [len(x) for entry in limits for x in entry["left"]])
