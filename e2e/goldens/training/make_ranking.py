"""Makes ranking.json beside this file: `python make_ranking.py`. The exact search and the measures of sentence-transformers, over given vectors."""
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator
from sentence_transformers.util import dot_score, semantic_search

here = Path(__file__).parent
rng = np.random.default_rng(11)
DIM, DOCUMENTS, QUERIES, K = 12, 90, 70, 10


def unit(rows):
    data = rng.standard_normal((rows, DIM))
    return np.round(data / np.linalg.norm(data, axis=1, keepdims=True), 6).astype(np.float32)


vectors = unit(DOCUMENTS)
answers = [sorted(map(int, rng.choice(DOCUMENTS, rng.integers(1, 4), replace=False))) for _ in range(QUERIES)]
queries = np.stack([np.round(vectors[a].mean(0) + 0.35 * rng.standard_normal(DIM), 6) for a in answers]).astype(np.float32)
found = semantic_search(torch.from_numpy(queries), torch.from_numpy(vectors), top_k=K, score_function=dot_score)


evaluator = InformationRetrievalEvaluator(
    queries={f"q{i}": "" for i in range(QUERIES)},
    corpus={f"d{i}": "" for i in range(DOCUMENTS)},
    relevant_docs={f"q{i}": {f"d{a}" for a in one} for i, one in enumerate(answers)},
    mrr_at_k=[K], ndcg_at_k=[K], map_at_k=[K], accuracy_at_k=[K], precision_recall_at_k=[1, K],
)
scores = evaluator.compute_metrics([[{**hit, "corpus_id": f"d{hit['corpus_id']}"} for hit in hits] for hits in found])
mean = {f"ndcg@{K}": scores["ndcg@k"][K], f"mrr@{K}": scores["mrr@k"][K], f"map@{K}": scores["map@k"][K]}
mean |= {f"recall@{k}": scores["recall@k"][k] for k in (1, K)} | {f"precision@{k}": scores["precision@k"][k] for k in (1, K)}
data = {
    "meta": {"versions": {name: version(name) for name in ("sentence-transformers", "torch", "numpy")}},
    "dim": DIM,
    "k": K,
    "vectors": [[float(f"{x:.6g}") for x in row] for row in vectors.tolist()],
    "queries": [[float(f"{x:.6g}") for x in row] for row in queries.tolist()],
    "answers": answers,
    "found": [[[hit["corpus_id"], hit["score"]] for hit in hits] for hits in found],
    "mean": {name: float(value) for name, value in mean.items()},
}
(here / "ranking.json").write_text(json.dumps(data) + "\n")
