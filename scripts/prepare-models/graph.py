"""A small writer of ONNX graphs."""

import numpy as np
from onnx import ModelProto, TensorProto, ValueInfoProto, helper, numpy_helper

CONTRIB = "com.microsoft"


class Graph:
    def __init__(self) -> None:
        self.nodes = []
        self.constants: dict[str, TensorProto] = {}

    def add(self, op: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes) -> str | list[str]:
        """Appends a node; gives the name of its output, or the names where there are several."""
        name = f"{op}_{len(self.nodes)}"
        names = [name] if outputs == 1 else [f"{name}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, name=name, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, name: str, value: np.ndarray) -> str:
        """A constant inside the graph; equal names must mean equal values."""
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def integers(self, *values: int) -> str:
        return self.constant("_".join(["ints", *map(str, values)]), np.array(values, dtype=np.int64))

    def number(self, value: float) -> str:
        return self.constant(f"float_{value:.9g}", np.float32(value))

    def rename(self, value: str, name: str) -> None:
        """Gives the last node's output its public name."""
        assert list(self.nodes[-1].output) == [value]
        self.nodes[-1].output[0] = name

    def model(self, inputs: list[ValueInfoProto], output: ValueInfoProto) -> ModelProto:
        graph = helper.make_graph(self.nodes, "bge", inputs, [output], list(self.constants.values()))
        imports = [helper.make_opsetid("", 17)]
        if any(node.domain == CONTRIB for node in self.nodes):
            imports.append(helper.make_opsetid(CONTRIB, 1))
        return helper.make_model(graph, opset_imports=imports, ir_version=8, producer_name="bge-web")


def token_input(name: str) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])


def float_output(name: str, *shape: str | int) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
