"""Makes map.json beside this file: `python make-map.py`. Needs umap-learn, numpy.
UMAP's graph of 40 points, from their exact neighbours by cosine."""
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from umap.umap_ import fuzzy_simplicial_set

rng = np.random.default_rng(11)
points = np.concatenate([c + rng.normal(scale=0.3, size=(13, 6)) for c in np.eye(3, 6)] + [[[0, 0, 0, 1, 1, 0]]])
points[1] = points[0]  # a copy, at distance 0
points /= np.linalg.norm(points, axis=1, keepdims=True)
points = points.astype(np.float32)
distances = np.maximum(0, 1 - points.astype(np.float64) @ points.T.astype(np.float64))
distances[1, 0] = distances[0, 1] = 0
np.fill_diagonal(distances, -1)
k = 8
rows = np.argsort(distances, axis=1, kind="stable")[:, :k]
near = np.maximum(np.take_along_axis(distances, rows, 1), 0).astype(np.float32)
graph = fuzzy_simplicial_set(points, k, None, "cosine", knn_indices=rows, knn_dists=near)[0].tocoo()
edges = sorted((int(i), int(j), float(w)) for i, j, w in zip(graph.row, graph.col, graph.data))
meta = {"versions": {package: version(package) for package in ("umap-learn", "numpy")}}
data = {"meta": meta, "k": k, "rows": rows.ravel().tolist(), "distances": near.ravel().tolist(), "edges": edges}
(Path(__file__).parent / "map.json").write_text(json.dumps(data) + "\n")
