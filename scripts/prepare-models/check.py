"""
Measures the prepared models against the fp32 source, one text at a time, on onnxruntime's CPU and in our own engine:

    python check.py SOURCE ../../public/models --pairs EN.csv ZH.csv --goldens EN.json ZH.json

The CSV files are STS-B (sentence, sentence, score); the goldens hold token ids and embeddings of FlagEmbedding.
Fails where the quality is below the promise.
"""

import argparse
import csv
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from tokenizers import Tokenizer

from bert import bert_inputs
from webgpu_graph import SOURCE_PATH, fill_weights

MODELS = ["BAAI/bge-small-en-v1.5", "BAAI/bge-small-zh-v1.5"]
HEADS = {"bge-small-en-v1.5": 12, "bge-small-zh-v1.5": 8}
LEAST_MEAN = {
    "fp32": 1,
    "published int8": 0,
    "ours, CPU": 0.999,
    "ours, CPU, CLS": 0.999,
    "ours, GPU graph": 0.9997,
    "own engine": 0.9996,
}
CLS_PATH = "onnx/model_cls.onnx"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder that fetch-models.sh has filled")
    parser.add_argument("out", type=Path, help="folder of the prepared models")
    parser.add_argument("--pairs", type=Path, nargs=2, required=True, help="STS-B, English and Chinese")
    parser.add_argument("--goldens", type=Path, nargs=2, default=[None, None], help="English and Chinese")
    arguments = parser.parse_args()
    for name, pairs, goldens in zip(MODELS, arguments.pairs, arguments.goldens):
        check(arguments.source / name, arguments.out / name, pairs, goldens)


def check(source: Path, out: Path, pairs_file: Path, goldens_file: Path | None) -> None:
    print(f"\n{out.name}")
    for file in sorted(path for path in out.rglob("*") if path.is_file()):
        print(f"  {file.stat().st_size:>12,}  {file.relative_to(out)}")
    tokenizer = Tokenizer.from_file(str(out / "tokenizer.json"))
    with pairs_file.open(encoding="utf-8") as file:
        pairs = [(first, second, float(score)) for first, second, score in csv.reader(file)]
    sentences = list(dict.fromkeys(text for pair in pairs for text in pair[:2]))
    ids = [tokenizer.encode(text).ids for text in sentences]
    cases = json.loads(goldens_file.read_text("utf-8"))["cases"] if goldens_file else []
    cases = [case for case in cases if case["kind"] == "encode"]

    print(f"  {len(sentences)} sentences, {len(cases)} goldens; cosine to fp32")
    print(f"  {'':16}  {'mean':>8}  {'worst':>8}  {'1st pct':>8}  {'Spearman':>8}  {'goldens: mean':>13}  {'worst':>8}")
    reference = None
    for label, embed in {
        "fp32": embedder(open_model(source / "onnx/model.onnx")),
        "published int8": embedder(open_model(source / "onnx/model_quantized.onnx")),
        "ours, CPU": embedder(open_model(out / SOURCE_PATH)),
        "ours, CPU, CLS": embedder(open_cls_model(out)),
        "ours, GPU graph": embedder(open_webgpu_model(out)),
        "own engine": own_engine(out),
    }.items():
        vectors = normalised(embed(ids))
        reference = vectors if reference is None else reference
        cosine = cosines(vectors, reference)
        figures = [cosine.mean(), cosine.min(), np.percentile(cosine, 1), spearman(pairs, sentences, vectors)]
        if cases:
            golden = cosines(normalised(embed([case["input_ids"] for case in cases])), np.array([case["embedding"] for case in cases]))
            figures += [golden.mean(), golden.min()]
        print(f"  {label:16}", *(f"{figure:9.6f}" for figure in figures))
        assert cosine.mean() > LEAST_MEAN[label] - 1e-5, f"{label} is below {LEAST_MEAN[label]}"


def open_model(model: Path | bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    content = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def open_cls_model(folder: Path) -> onnxruntime.InferenceSession:
    return open_filled(folder / CLS_PATH, (folder / SOURCE_PATH).read_bytes())


def open_webgpu_model(folder: Path) -> onnxruntime.InferenceSession:
    """The GPU graph on the CPU, with the weights that the recipe gives."""
    recipe = json.loads((folder / "onnx/model_webgpu.json").read_text("utf-8"))
    return open_filled(folder / "onnx/model_webgpu.onnx", fill_weights(recipe, (folder / SOURCE_PATH).read_bytes()))


def open_filled(path: Path, weights: bytes) -> onnxruntime.InferenceSession:
    """A graph whose external data are all in `weights`."""
    model = onnx.load(path, load_external_data=False)
    for tensor in model.graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            place = {entry.key: entry.value for entry in tensor.external_data}
            start = int(place["offset"])
            tensor.raw_data = weights[start : start + int(place["length"])]
            tensor.ClearField("external_data")
            tensor.data_location = onnx.TensorProto.DEFAULT
    return open_model(model.SerializeToString())


Embed = Callable[[list[list[int]]], np.ndarray]


def embedder(session: onnxruntime.InferenceSession) -> Embed:
    """CLS vectors, one text at a time."""
    names = [given.name for given in session.get_inputs()]

    def embed(texts: list[list[int]]) -> np.ndarray:
        rows = []
        for ids in texts:
            inputs = bert_inputs([ids])
            (output,) = session.run(None, {name: inputs[name] for name in names})
            rows.append(output[0] if output.ndim == 2 else output[0, 0])
        return np.array(rows)

    return embed


def own_engine(folder: Path) -> Embed:
    script = Path(__file__).parent / "own-engine.mjs"
    command = ["node", str(script), str(folder.absolute()), str(HEADS[folder.name])]

    def embed(texts: list[list[int]]) -> np.ndarray:
        done = subprocess.run(command, input=json.dumps(texts).encode(), stdout=subprocess.PIPE, check=True)
        return np.frombuffer(done.stdout, np.float32).reshape(len(texts), -1)

    return embed


def normalised(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.sum(left.astype(np.float64) * right, axis=1)


def spearman(pairs: list[tuple[str, str, float]], sentences: list[str], vectors: np.ndarray) -> float:
    index = {text: row for row, text in enumerate(sentences)}
    ours = [float(vectors[index[first]] @ vectors[index[second]]) for first, second, _ in pairs]
    return float(np.corrcoef(ranks(ours), ranks([score for *_, score in pairs]))[0, 1])


def ranks(values: list[float]) -> np.ndarray:
    """Ranks, equal values sharing the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


if __name__ == "__main__":
    main()
