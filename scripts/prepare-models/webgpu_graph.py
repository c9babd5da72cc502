"""The GPU graph without weights, and the recipe that fills them from the CPU file."""

import numpy as np
from onnx import ModelProto, TensorProto, helper

from bert import Bert
from cpu_graph import BLOCK, CPU_FILE, position
from graph import CONTRIB, Graph, float_output, token_input

WEIGHTS_PATH = "model_webgpu.bin"
SOURCE_PATH = f"onnx/{CPU_FILE}"
EPSILON = 1e-12


class WeightlessGraph(Graph):
    """A graph whose weights are float32 tensors in a file that does not exist yet; `recipe` says how to make it."""

    def __init__(self, source: bytes, tensors: dict[str, TensorProto]) -> None:
        super().__init__()
        self.source = source
        self.tensors = tensors
        self.recipe = []
        self.bytes = 0

    def weight(self, name: str, dims: tuple[int, ...], kind: str, data: str, **more) -> str:
        """A weight with the contents of the CPU file's tensor `data`, or of its beginning where `dims` is smaller."""
        origin = {"kind": kind, "data": self.position(data), **more}
        self.recipe.append({"name": name, "offset": self.bytes, "dims": list(dims), "from": origin})
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=dims, data_location=TensorProto.EXTERNAL)
        size = 4 * int(np.prod(dims))
        for key, value in {"location": WEIGHTS_PATH, "offset": self.bytes, "length": size}.items():
            tensor.external_data.add(key=key, value=str(value))
        self.constants[name] = tensor
        self.bytes += size
        return name

    def matrix(self, name: str) -> str:
        """An int8 matrix with a scale per column, and a factor per row where its input is smoothed in the CPU graph."""
        smooth = f"{name}.smooth"
        rows = {"rowScale": self.position(smooth)} if smooth in self.tensors else {}
        dims = tuple(self.tensors[f"{name}.int8"].dims)
        scale = self.position(f"{name}.scale")
        return self.weight(f"{name}.weight", dims, "int8-per-column", f"{name}.int8", scale=scale, **rows)

    def vector(self, name: str) -> str:
        return self.weight(name, tuple(self.tensors[name].dims), "float32", name)

    def position(self, name: str) -> int:
        return position(self.source, self.tensors[name])


def build_webgpu_graph(bert: Bert, cpu_file: bytes, cpu_model: ModelProto) -> tuple[ModelProto, dict]:
    """
    input_ids (rows of equal length: no mask) → sentence_embedding, the last layer's first row. Every node that touches
    floats has a kernel in onnxruntime's WebGPU provider. Values are [tokens, hidden], so that one product spans the
    batch; only attention sees rows of the batch. Attention is in single steps: the fused MultiHeadAttention of
    onnxruntime-web 1.30 gives wrong numbers from 32 tokens up where subgroups are narrower than 16 lanes.
    """
    hidden = bert.hidden
    graph = WeightlessGraph(cpu_file, {tensor.name: tensor for tensor in cpu_model.graph.initializer})
    tokens = graph.add("Shape", "input_ids")
    shape = graph.add("Concat", tokens, graph.integers(hidden), axis=0)
    by_head = graph.add("Concat", tokens, graph.integers(3, bert.heads, hidden // bert.heads), axis=0)
    flat = graph.integers(-1, hidden)

    def linear(x: str, name: str) -> str:
        return graph.add("Gemm", x, graph.matrix(name), graph.vector(f"{name}.bias"))

    def add_and_norm(x: str, residual: str, name: str) -> str:
        parameters = graph.vector(f"{name}.weight"), graph.vector(f"{name}.bias")
        return graph.add("SkipLayerNormalization", x, residual, *parameters, domain=CONTRIB, epsilon=EPSILON)

    def split_heads(qkv: str) -> list[str]:
        """[tokens, 3 · hidden] → 3 of [batch, heads, sequence, head size]"""
        qkv = graph.add("Transpose", graph.add("Reshape", qkv, by_head), perm=[2, 0, 3, 1, 4])
        return [graph.add("Squeeze", part, graph.integers(0)) for part in graph.add("Split", qkv, outputs=3, axis=0)]

    def first_rows(x: str, axis: int) -> str:
        return graph.add("Slice", x, graph.integers(0), graph.integers(1), graph.integers(axis))

    x = graph.add("Reshape", embeddings(graph, bert), flat)
    x = graph.add(
        "LayerNormalization", x, graph.vector("embedding_norm.weight"), graph.vector("embedding_norm.bias"), epsilon=EPSILON
    )
    for index in range(len(bert.layers)):
        name = f"layer.{index}"
        query, key, value = split_heads(linear(x, f"{name}.qkv"))
        if index == len(bert.layers) - 1:  # from here on only the first row of every text is wanted
            query = first_rows(query, axis=2)
            x = graph.add("Reshape", first_rows(graph.add("Reshape", x, shape), axis=1), flat)
        weights = graph.add("Softmax", graph.add("MatMul", query, graph.add("Transpose", key, perm=[0, 1, 3, 2])), axis=-1)
        context = graph.add("Transpose", graph.add("MatMul", weights, value), perm=[0, 2, 1, 3])
        attended = linear(graph.add("Reshape", context, flat), f"{name}.attention_out")
        x = add_and_norm(attended, x, f"{name}.attention_norm")
        inner = graph.add("Gelu", linear(x, f"{name}.ffn_in"), domain=CONTRIB)
        x = add_and_norm(linear(inner, f"{name}.ffn_out"), x, f"{name}.ffn_norm")
    graph.rename(x, "sentence_embedding")

    recipe = {"source": SOURCE_PATH, "path": WEIGHTS_PATH, "bytes": graph.bytes, "tensors": graph.recipe}
    return graph.model([token_input("input_ids")], float_output("sentence_embedding", "batch", hidden)), recipe


def embeddings(graph: WeightlessGraph, bert: Bert) -> str:
    """All tokens are of type 0; its row is added to the positions, which the runtime does once, when it loads."""
    scale = graph.position("words.scale")
    words = graph.weight(
        "words", bert.words.shape, "int8-per-block", "words.int8", scale=scale, scaleType="float16", block=BLOCK
    )
    positions = graph.add(
        "Add",
        graph.weight("positions", bert.positions.shape, "float16", "positions"),
        graph.weight("token_type_0", (bert.hidden,), "float16", "token_types"),
    )
    length = graph.add("Slice", graph.add("Shape", "input_ids"), graph.integers(1), graph.integers(2))
    positions = graph.add("Slice", positions, graph.integers(0), length)
    return graph.add("Add", graph.add("Gather", words, "input_ids"), positions)


def fill_weights(recipe: dict, source: bytes) -> bytes:
    """What the browser does before it opens the GPU graph: float32 weights from the bytes of the CPU file."""
    out = np.zeros(recipe["bytes"] // 4, np.float32)

    def read(kind: str, offset: int, count: int) -> np.ndarray:
        return np.frombuffer(source, np.dtype(kind), count, offset).astype(np.float32)

    for tensor in recipe["tensors"]:
        dims, origin = tensor["dims"], tensor["from"]
        size = int(np.prod(dims))
        match origin["kind"]:
            case "float32" | "float16" as kind:
                values = read(kind, origin["data"], size)
            case "int8-per-column":
                values = read("int8", origin["data"], size).reshape(dims) * read("float32", origin["scale"], dims[1])
                if "rowScale" in origin:
                    values *= read("float32", origin["rowScale"], dims[0])[:, None]
            case "int8-per-block":
                scales = read(origin["scaleType"], origin["scale"], size // origin["block"])
                values = read("int8", origin["data"], size).reshape(-1, origin["block"]) * scales[:, None]
        start = tensor["offset"] // 4
        out[start : start + size] = values.ravel()
    return out.tobytes()
