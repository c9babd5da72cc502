"""The CPU graph: int8 weights, activations quantised as they come; standard ONNX operators only."""

import numpy as np
from onnx import ModelProto, TensorProto

from bert import Bert, Linear, Norm
from graph import Graph, float_output, token_input

BLOCK = 32  # values of a word vector that share one scale
CPU_FILE = "model_quantized.onnx"


def build_cpu_graph(bert: Bert) -> ModelProto:
    """Inputs and output as in every BERT export, so that any runtime of such exports can run it."""
    graph = Graph()
    graph.rename(encoder(graph, bert, first_row_only=False), "last_hidden_state")
    return graph.model(
        [token_input(name) for name in ("input_ids", "attention_mask", "token_type_ids")],
        float_output("last_hidden_state", "batch", "sequence", bert.hidden),
    )


def build_cls_graph(bert: Bert, cpu_file: bytes, cpu_model: ModelProto) -> ModelProto:
    """
    input_ids → sentence_embedding, the first row, for texts without padding: no mask, and all tokens are of type 0. The
    last layer does, after its keys and values, nothing for the other rows, which saves a fifteenth of the work with 12
    layers and a sixth with 4. Exact but for that row's activations having a range of their own. The weights are external
    data: places in the CPU graph's file.
    """
    graph = Graph()
    graph.rename(encoder(graph, bert, first_row_only=True), "sentence_embedding")
    model = graph.model([token_input("input_ids")], float_output("sentence_embedding", "batch", bert.hidden))
    originals = {tensor.name: tensor for tensor in cpu_model.graph.initializer}
    for tensor in model.graph.initializer:
        original = originals.get(tensor.name)
        if len(tensor.raw_data) < 256 or original is None or original.raw_data != tensor.raw_data:
            continue
        place = {"location": CPU_FILE, "offset": position(cpu_file, original), "length": len(tensor.raw_data)}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
    return model


def position(file: bytes, tensor: TensorProto) -> int:
    """Where the file holds the bytes of a tensor: at the end of its record."""
    record = tensor.SerializeToString()
    assert record.endswith(tensor.raw_data)
    return file.index(record) + len(record) - len(tensor.raw_data)


def encoder(graph: Graph, bert: Bert, first_row_only: bool) -> str:
    x = norm(graph, embeddings(graph, bert, typed=not first_row_only), bert.embedding_norm, "embedding_norm")
    mask = None if first_row_only else attention_mask(graph)
    for index, layer in enumerate(bert.layers):
        name = f"layer.{index}"
        query, key, value = split_heads(graph, linear(graph, x, layer.qkv, f"{name}.qkv"), bert)
        if first_row_only and layer is bert.layers[-1]:
            query = first_rows(graph, query, axis=2)
            x = first_rows(graph, x, axis=1)
        context = attention(graph, query, key, value, mask, bert.hidden)
        attended = linear(graph, context, layer.attention_out, f"{name}.attention_out")
        x = norm(graph, graph.add("Add", attended, x), layer.attention_norm, f"{name}.attention_norm")
        inner = gelu(graph, linear(graph, x, layer.ffn_in, f"{name}.ffn_in"))
        outer = linear(graph, inner, layer.ffn_out, f"{name}.ffn_out")
        x = norm(graph, graph.add("Add", outer, x), layer.ffn_norm, f"{name}.ffn_norm")
    return graph.add("Squeeze", x, graph.integers(1)) if first_row_only else x


def first_rows(graph: Graph, x: str, axis: int) -> str:
    return graph.add("Slice", x, graph.integers(0), graph.integers(1), graph.integers(axis))


def embeddings(graph: Graph, bert: Bert, typed: bool) -> str:
    """Words in int8 with a scale per block; the tables of positions and types are small and sensitive: float16, lossless."""
    values, scales = quantise_blocks(bert.words)
    values = graph.add("Gather", graph.constant("words.int8", values), "input_ids")
    scales = graph.add("Gather", graph.constant("words.scale", scales), "input_ids")
    words = graph.add("Mul", to_float(graph, values), to_float(graph, scales))
    words = graph.add("Reshape", words, graph.integers(0, 0, bert.hidden))
    types = graph.constant("token_types", lossless_half(bert.token_types))
    types = graph.add("Gather", types, "token_type_ids") if typed else first_rows(graph, types, axis=0)
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


def split_heads(graph: Graph, qkv: str, bert: Bert) -> list[str]:
    """[batch, sequence, 3 · hidden] → 3 of [batch, heads, sequence, head size]. The scores' scale is in the query weights."""
    qkv = graph.add("Reshape", qkv, graph.integers(0, 0, 3, bert.heads, bert.hidden // bert.heads))
    qkv = graph.add("Transpose", qkv, perm=[2, 0, 3, 1, 4])
    return [graph.add("Squeeze", part, graph.integers(0)) for part in graph.add("Split", qkv, outputs=3, axis=0)]


def attention(graph: Graph, query: str, key: str, value: str, mask: str | None, hidden: int) -> str:
    """3 of [batch, heads, sequence, head size] → [batch, sequence, hidden]"""
    scores = graph.add("MatMul", query, graph.add("Transpose", key, perm=[0, 1, 3, 2]))
    weights = graph.add("Softmax", graph.add("Add", scores, mask) if mask else scores, axis=-1)
    context = graph.add("Transpose", graph.add("MatMul", weights, value), perm=[0, 2, 1, 3])
    return graph.add("Reshape", context, graph.integers(0, 0, hidden))


def linear(graph: Graph, x: str, product: Linear, name: str) -> str:
    """The pattern of onnxruntime's dynamic quantiser, which onnxruntime fuses into one DynamicQuantizeMatMul."""
    if product.smooth is not None:
        x = graph.add("Mul", x, graph.constant(f"{name}.smooth", product.smooth))
    activations, step, zero_point = graph.add("DynamicQuantizeLinear", x, outputs=3)
    sums = graph.add("MatMulInteger", activations, graph.constant(f"{name}.int8", product.values), zero_point)
    scale = graph.add("Mul", step, graph.constant(f"{name}.scale", product.scales))
    sums = graph.add("Mul", to_float(graph, sums), scale)
    return graph.add("Add", sums, graph.constant(f"{name}.bias", product.bias.astype(np.float32)))


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
