"""The source model: its float weights, and the smoothing that makes them fit for int8 activations."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

# SmoothQuant's migration strength: how much of the activations' unevenness goes into the weights. From 0.7 to 0.85 all
# are alike on both models; at 0.5 the products after GELU lose.
SMOOTHING = 0.75

# The products of a layer by our name: the source's names of the linear layers that share one input.
PRODUCTS = {
    "qkv": ["attention.self.query", "attention.self.key", "attention.self.value"],
    "attention_out": ["attention.output.dense"],
    "ffn_in": ["intermediate.dense"],
    "ffn_out": ["output.dense"],
}


@dataclass
class Linear:
    """x → (x · smooth) @ weight + bias; `smooth` is one factor per input channel, or None for 1."""

    weight: np.ndarray
    bias: np.ndarray
    smooth: np.ndarray | None = None


@dataclass
class Norm:
    weight: np.ndarray
    bias: np.ndarray


@dataclass
class Layer:
    qkv: Linear  # [hidden, 3 · hidden]; queries are already divided by sqrt(head size)
    attention_out: Linear
    attention_norm: Norm
    ffn_in: Linear
    ffn_out: Linear
    ffn_norm: Norm


@dataclass
class Bert:
    words: np.ndarray
    positions: np.ndarray
    token_types: np.ndarray
    embedding_norm: Norm
    layers: list[Layer]
    heads: int

    @property
    def hidden(self) -> int:
        return self.words.shape[1]


def read_bert(path: Path, calibration: list[list[int]]) -> Bert:
    """Reads the fp32 ONNX export and smooths its products for the activations that the calibration texts give."""
    model = onnx.load(path)
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    # PyTorch's exporter drops the names of transposed weights, but the nodes keep their scope: /encoder/layer.0/…/MatMul
    products = {
        node.name.removeprefix("/").removesuffix("/MatMul").replace("/", "."): node
        for node in model.graph.node
        if node.op_type == "MatMul" and node.input[1] in tensors
    }
    peaks = activation_peaks(model, {node.input[0] for node in products.values()}, calibration)
    heads = next(
        int(numpy_helper.to_array(node.attribute[0].t)[0])
        for node in model.graph.node
        if node.name == "/encoder/layer.0/attention/self/Constant_2"
    )

    def norm(prefix: str) -> Norm:
        return Norm(tensors[f"{prefix}.weight"], tensors[f"{prefix}.bias"])

    def linear(prefix: str, product: str) -> tuple[Linear, np.ndarray]:
        names = [prefix + name for name in PRODUCTS[product]]
        weight = np.concatenate([tensors[products[name].input[1]] for name in names], axis=1).astype(np.float64)
        bias = np.concatenate([tensors[f"{name}.bias"] for name in names]).astype(np.float64)
        return Linear(weight, bias), peaks[products[names[0]].input[0]]

    def layer(index: int) -> Layer:
        prefix = f"encoder.layer.{index}."
        (qkv, qkv_peaks), (attention_out, value_peaks), (ffn_in, ffn_in_peaks), (ffn_out, ffn_out_peaks) = (
            linear(prefix, product) for product in PRODUCTS
        )
        hidden = qkv.weight.shape[0]
        for array in (qkv.weight, qkv.bias):
            array[..., :hidden] /= np.sqrt(hidden / heads)
            array[..., 2 * hidden :] /= (factors := smoothing_factors(value_peaks, attention_out.weight))
        attention_out.weight *= factors[:, None]  # exact: attention mixes tokens, never value channels
        return Layer(
            smoothed(qkv, qkv_peaks),
            attention_out,
            norm(f"{prefix}attention.output.LayerNorm"),
            smoothed(ffn_in, ffn_in_peaks),
            smoothed(ffn_out, ffn_out_peaks),
            norm(f"{prefix}output.LayerNorm"),
        )

    return Bert(
        tensors["embeddings.word_embeddings.weight"],
        tensors["embeddings.position_embeddings.weight"],
        tensors["embeddings.token_type_embeddings.weight"],
        norm("embeddings.LayerNorm"),
        [layer(index) for index in range(len(products) // 6)],
        heads,
    )


def activation_peaks(model: onnx.ModelProto, names: set[str], texts: list[list[int]]) -> dict[str, np.ndarray]:
    """The largest magnitude of every channel of the named values over the texts."""
    tapped = onnx.ModelProto()
    tapped.CopyFrom(model)
    tapped.graph.output.extend(onnx.ValueInfoProto(name=name) for name in sorted(names))
    session = onnxruntime.InferenceSession(tapped.SerializeToString(), providers=["CPUExecutionProvider"])
    peaks: dict[str, np.ndarray] = {}
    for ids in texts:
        for name, value in zip(sorted(names), session.run(sorted(names), bert_inputs([ids]))):
            peak = np.abs(value).reshape(-1, value.shape[-1]).max(axis=0)
            peaks[name] = np.maximum(peaks.get(name, peak), peak)
    return peaks


def bert_inputs(ids: list[list[int]]) -> dict[str, np.ndarray]:
    """The inputs of a usual BERT export, for rows of equal length."""
    tokens = np.array(ids, dtype=np.int64)
    return {"input_ids": tokens, "attention_mask": np.ones_like(tokens), "token_type_ids": np.zeros_like(tokens)}


def smoothing_factors(peaks: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """
    What to divide the input channels by (and multiply the weight's rows by). A few channels of BERT are 10 to 50 times
    larger than the rest; one activation range for all of them leaves the rest only a few of the 256 steps.
    """
    rows = np.sqrt(np.mean(weight**2, axis=1))
    factors = np.maximum(peaks, 1e-5) ** SMOOTHING / np.maximum(rows, 1e-5) ** (1 - SMOOTHING)
    return factors / np.exp(np.mean(np.log(factors)))


def smoothed(linear: Linear, peaks: np.ndarray) -> Linear:
    smooth = (1 / smoothing_factors(peaks, linear.weight)).astype(np.float32)
    return Linear(linear.weight / smooth[:, None].astype(np.float64), linear.bias, smooth)
