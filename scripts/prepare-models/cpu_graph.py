"""The CPU graph: int8 weights, activations quantised as they come; standard ONNX operators only."""

import numpy as np
from onnx import ModelProto, TensorProto

from bert import Bert, Linear, Norm
from graph import Graph, float_output, token_input

BLOCK = 32  # values of a word vector that share one scale


def build_cpu_graph(bert: Bert) -> ModelProto:
    """Inputs and output as in every BERT export, so that any runtime of such exports can run it."""
    graph = Graph()
    x = norm(graph, embeddings(graph, bert), bert.embedding_norm, "embedding_norm")
    mask = attention_mask(graph)
    for index, layer in enumerate(bert.layers):
        name = f"layer.{index}"
        qkv = linear(graph, x, layer.qkv, f"{name}.qkv")
        context = attention(graph, qkv, mask, bert.heads, bert.hidden)
        attended = linear(graph, context, layer.attention_out, f"{name}.attention_out")
        x = norm(graph, graph.add("Add", attended, x), layer.attention_norm, f"{name}.attention_norm")
        inner = gelu(graph, linear(graph, x, layer.ffn_in, f"{name}.ffn_in"))
        outer = linear(graph, inner, layer.ffn_out, f"{name}.ffn_out")
        x = norm(graph, graph.add("Add", outer, x), layer.ffn_norm, f"{name}.ffn_norm")
    graph.rename(x, "last_hidden_state")
    return graph.model(
        [token_input(name) for name in ("input_ids", "attention_mask", "token_type_ids")],
        float_output("last_hidden_state", "batch", "sequence", bert.hidden),
    )


def embeddings(graph: Graph, bert: Bert) -> str:
    """Words in int8 with a scale per block; the tables of positions and types are small and sensitive: float16, lossless."""
    values, scales = quantise_blocks(bert.words)
    values = graph.add("Gather", graph.constant("words.int8", values), "input_ids")
    scales = graph.add("Gather", graph.constant("words.scale", scales), "input_ids")
    words = graph.add("Mul", to_float(graph, values), to_float(graph, scales))
    words = graph.add("Reshape", words, graph.integers(0, 0, bert.hidden))
    types = graph.add("Gather", graph.constant("token_types", lossless_half(bert.token_types)), "token_type_ids")
    length = graph.add("Slice", graph.add("Shape", "input_ids"), graph.integers(1), graph.integers(2))
    positions = graph.constant("positions", lossless_half(bert.positions))
    positions = graph.add("Slice", positions, graph.integers(0), length)
    return graph.add("Add", graph.add("Add", words, to_float(graph, types)), to_float(graph, positions))


def quantise_blocks(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[rows, columns] → int8 [rows, blocks, BLOCK] and float16 scales [rows, blocks, 1]."""
    blocks = table.reshape(len(table), -1, BLOCK)
    scales = (np.abs(blocks).max(axis=2, keepdims=True) / 127).astype(np.float16)
    divisors = np.where(scales == 0, 1, scales).astype(np.float32)  # a block of zeros
    return np.clip(np.rint(blocks / divisors), -127, 127).astype(np.int8), scales


def lossless_half(table: np.ndarray) -> np.ndarray:
    half = table.astype(np.float16)
    assert np.array_equal(half.astype(np.float32), table), "the source is not representable in float16"
    return half


def to_float(graph: Graph, value: str) -> str:
    return graph.add("Cast", value, to=TensorProto.FLOAT)


def attention_mask(graph: Graph) -> str:
    """0 for tokens and a huge negative number for padding, to add to the scores."""
    mask = to_float(graph, graph.add("Unsqueeze", "attention_mask", graph.integers(1, 2)))
    return graph.add("Mul", graph.add("Sub", graph.number(1), mask), graph.number(np.finfo(np.float32).min))


def attention(graph: Graph, qkv: str, mask: str, heads: int, hidden: int) -> str:
    """[batch, sequence, 3 · hidden] → [batch, sequence, hidden]. The scale of the scores is inside the query weights."""
    qkv = graph.add("Reshape", qkv, graph.integers(0, 0, 3, heads, hidden // heads))
    qkv = graph.add("Transpose", qkv, perm=[2, 0, 3, 1, 4])
    query, key, value = (
        graph.add("Squeeze", part, graph.integers(0)) for part in graph.add("Split", qkv, outputs=3, axis=0)
    )
    scores = graph.add("MatMul", query, graph.add("Transpose", key, perm=[0, 1, 3, 2]))
    weights = graph.add("Softmax", graph.add("Add", scores, mask), axis=-1)
    context = graph.add("Transpose", graph.add("MatMul", weights, value), perm=[0, 2, 1, 3])
    return graph.add("Reshape", context, graph.integers(0, 0, hidden))


def linear(graph: Graph, x: str, product: Linear, name: str) -> str:
    """The pattern of onnxruntime's dynamic quantiser, which onnxruntime fuses into one DynamicQuantizeMatMul."""
    if product.smooth is not None:
        x = graph.add("Mul", x, graph.constant(f"{name}.smooth", product.smooth))
    values, scales = quantise_columns(product.weight)
    activations, step, zero_point = graph.add("DynamicQuantizeLinear", x, outputs=3)
    sums = graph.add("MatMulInteger", activations, graph.constant(f"{name}.int8", values), zero_point)
    scale = graph.add("Mul", step, graph.constant(f"{name}.scale", scales))
    sums = graph.add("Mul", to_float(graph, sums), scale)
    return graph.add("Add", sums, graph.constant(f"{name}.bias", product.bias.astype(np.float32)))


def quantise_columns(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scales = (np.abs(weight).max(axis=0) / 127).astype(np.float32)
    return np.clip(np.rint(weight / scales), -127, 127).astype(np.int8), scales


def norm(graph: Graph, x: str, parameters: Norm, name: str) -> str:
    """
    Layer normalisation in single steps: on onnxruntime-web's CPU 3 % faster (whole model) than the one operator, whose
    loops are not vectorised there. The square is a Mul because the runtime would fuse a Pow back into that operator.
    """
    centred = graph.add("Sub", x, graph.add("ReduceMean", x, axes=[-1]))
    variance = graph.add("ReduceMean", graph.add("Mul", centred, centred), axes=[-1])
    deviation = graph.add("Sqrt", graph.add("Add", variance, graph.number(1e-12)))
    scaled = graph.add("Mul", graph.add("Div", centred, deviation), graph.constant(f"{name}.weight", parameters.weight))
    return graph.add("Add", scaled, graph.constant(f"{name}.bias", parameters.bias))


def gelu(graph: Graph, x: str) -> str:
    """Exact (erf) GELU, in the form that onnxruntime fuses."""
    erf = graph.add("Erf", graph.add("Div", x, graph.number(np.sqrt(2))))
    return graph.add("Mul", graph.add("Mul", x, graph.add("Add", erf, graph.number(1))), graph.number(0.5))
