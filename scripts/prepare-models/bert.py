"""The source model: its weights, with the products smoothed for int8 activations and rounded to int8."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

from rounding import round_columns

# SmoothQuant's migration strength: how much of the activations' unevenness goes into the weights. More helps the CPU
# graph, whose activations are int8, and less the GPU graph, whose are not.
SMOOTHING = 0.65

# The products of a layer by our name: the source's names of the linear layers that share one input.
PRODUCTS = {
    "qkv": ["attention.self.query", "attention.self.key", "attention.self.value"],
    "attention_out": ["attention.output.dense"],
    "ffn_in": ["intermediate.dense"],
    "ffn_out": ["output.dense"],
}


@dataclass
class Linear:
    """x → ((x · smooth) @ values) · scales + bias; `smooth` is one factor per input channel, or None for 1."""

    values: np.ndarray  # int8 [inputs, outputs]
    scales: np.ndarray
    bias: np.ndarray
    smooth: np.ndarray | None = None


@dataclass
class Inputs:
    """What the calibration texts give a product: the largest magnitude of each channel, and xᵀx summed over them."""

    peaks: np.ndarray
    gram: np.ndarray


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
    """Reads the fp32 ONNX export; smooths and rounds its products for the inputs that the calibration texts give them."""
    model = onnx.load(path)
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    # PyTorch's exporter drops the names of transposed weights, but the nodes keep their scope: /encoder/layer.0/…/MatMul
    products = {
        node.name.removeprefix("/").removesuffix("/MatMul").replace("/", "."): node
        for node in model.graph.node
        if node.op_type == "MatMul" and node.input[1] in tensors
    }
    inputs = product_inputs(model, {node.input[0] for node in products.values()}, calibration)
    heads = next(
        int(numpy_helper.to_array(node.attribute[0].t)[0])
        for node in model.graph.node
        if node.name == "/encoder/layer.0/attention/self/Constant_2"
    )

    def norm(prefix: str) -> Norm:
        return Norm(tensors[f"{prefix}.weight"], tensors[f"{prefix}.bias"])

    def read(prefix: str, product: str) -> tuple[np.ndarray, np.ndarray, Inputs]:
        names = [prefix + name for name in PRODUCTS[product]]
        weight = np.concatenate([tensors[products[name].input[1]] for name in names], axis=1).astype(np.float64)
        bias = np.concatenate([tensors[f"{name}.bias"] for name in names]).astype(np.float64)
        return weight, bias, inputs[products[names[0]].input[0]]

    def layer(index: int) -> Layer:
        prefix = f"encoder.layer.{index}."
        weight, bias, hidden_inputs = read(prefix, "qkv")
        out_weight, out_bias, values = read(prefix, "attention_out")
        hidden = len(weight)
        factors = smoothing_factors(values.peaks, out_weight)
        for array in (weight, bias):
            array[..., :hidden] /= np.sqrt(hidden / heads)
            array[..., 2 * hidden :] /= factors  # exact: attention mixes tokens, never value channels
        attention_out = Linear(*round_columns(out_weight * factors[:, None], scaled(values.gram, 1 / factors)), out_bias)
        return Layer(
            smoothed(weight, bias, hidden_inputs),
            attention_out,
            norm(f"{prefix}attention.output.LayerNorm"),
            smoothed(*read(prefix, "ffn_in")),
            smoothed(*read(prefix, "ffn_out")),
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


def product_inputs(model: onnx.ModelProto, names: set[str], texts: list[list[int]]) -> dict[str, Inputs]:
    """What the texts give for each of the named values."""
    tapped = onnx.ModelProto()
    tapped.CopyFrom(model)
    tapped.graph.output.extend(onnx.ValueInfoProto(name=name) for name in sorted(names))
    session = onnxruntime.InferenceSession(tapped.SerializeToString(), providers=["CPUExecutionProvider"])
    found: dict[str, Inputs] = {}
    for group in groups_of(texts, 4096):  # many short texts together: adding up large matrices takes longer than making them
        runs = [session.run(sorted(names), bert_inputs([ids])) for ids in group]
        for name, values in zip(sorted(names), zip(*runs)):
            rows = np.concatenate([value.reshape(-1, value.shape[-1]) for value in values])
            inputs = found.setdefault(name, Inputs(np.zeros(rows.shape[1]), np.zeros((rows.shape[1],) * 2)))
            inputs.peaks = np.maximum(inputs.peaks, np.abs(rows).max(axis=0))
            inputs.gram += rows.T @ rows
    return found


def groups_of(texts: list[list[int]], tokens: int) -> Iterator[list[list[int]]]:
    """The texts in order, in groups of about so many tokens."""
    group: list[list[int]] = []
    for ids in texts:
        group.append(ids)
        if sum(map(len, group)) >= tokens:
            yield group
            group = []
    if group:
        yield group


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


def smoothed(weight: np.ndarray, bias: np.ndarray, inputs: Inputs) -> Linear:
    smooth = (1 / smoothing_factors(inputs.peaks, weight)).astype(np.float32)
    factors = smooth.astype(np.float64)
    return Linear(*round_columns(weight / factors[:, None], scaled(inputs.gram, factors)), bias, smooth)


def scaled(gram: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """The gram matrix of inputs whose channels are multiplied by the factors."""
    return gram * np.outer(factors, factors)
