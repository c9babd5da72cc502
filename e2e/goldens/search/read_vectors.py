"""What NumPy reads of the exported files beside it: vectors/*.npy and *.jsonl → vectors/numpy.json."""
import json
from pathlib import Path

import numpy as np

folder = Path(__file__).parent / "vectors"
answers = {"numpy": np.__version__}
for file in sorted(folder.glob("*.npy")):
    array = np.load(file)
    lines = [json.loads(line) for line in file.with_suffix(".jsonl").read_text("utf-8").splitlines()]
    assert len(lines) == array.shape[0]
    answers[file.stem] = {
        "shape": array.shape,
        "dtype": array.dtype.name,
        "sum": float(array.sum(dtype=np.float64)),
        "rowSums": array.sum(axis=1, dtype=np.float64).tolist(),
        "first": array[0].tolist(),
        "ids": [line["id"] for line in lines],
    }
(folder / "numpy.json").write_text(json.dumps(answers, indent=1) + "\n")
