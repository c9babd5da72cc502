"""
Small encoders with random weights in the layouts of files that people publish, and what PyTorch answers:
e2e/models/encoders. Needs torch 2.15.0, onnx 1.23.2, onnxruntime 1.32.0, onnxscript 0.7.2, onnxconverter-common
1.16.0 and safetensors 0.8.0; run it twice, with transformers 4.45.2 and with 5.15.1, as both write other graphs.

Usage: export_fixtures.py e2e/models/encoders
"""

import gzip
import io
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import transformers
from onnx import TensorProto, helper, numpy_helper
from onnxconverter_common import float16
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions
from safetensors.torch import save_file

SIZES = dict(vocab_size=120, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64)
# Also with RoBERTa's padding, 1, inside of a text, as those that spell it out have it.
TEXTS = [[3, 17, 1, 99, 4], [3, *(5 + 7 * i % 113 for i in range(38)), 4]]
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
OLD = transformers.__version__ < "5"

out = Path(sys.argv[1])
scratch = Path(tempfile.mkdtemp())


def with_random_weights(model: torch.nn.Module, scale: float = 1) -> torch.nn.Module:
    """Multiples of 1/256, which half precision holds exactly, and which make small files."""
    random = np.random.default_rng(5)
    for name, tensor in sorted(model.state_dict().items()):
        if not tensor.is_floating_point():
            continue
        middle, spread = (1, 0.2) if "LayerNorm.weight" in name else (0, 0.5 if "embeddings" in name else 0.15)
        values = np.round((middle + spread * random.standard_normal(tensor.shape)) * 64) / 64
        tensor.copy_(torch.tensor(values * scale))
    return model.eval()


def make(kind: str, head: str = "Model", **options) -> torch.nn.Module:
    usual = {"Bert": dict(max_position_embeddings=40), "XLMRoberta": dict(max_position_embeddings=42, type_vocab_size=1, layer_norm_eps=1e-5)}
    attention = options.pop("attention", "eager")
    config = getattr(transformers, f"{kind}Config")(**{**SIZES, **usual[kind], **options})
    return with_random_weights(getattr(transformers, kind + head)._from_config(config, attn_implementation=attention))


class FirstOutput(torch.nn.Module):
    """What the exporter calls: the model's main output, without the options that old tracing cannot pass on."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.model(**dict(zip(INPUTS, inputs)))[0]


class SentenceModel(torch.nn.Module):
    """The names and outputs of sentence-transformers' exports: the vectors of the tokens, and that of the text."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.add_module("0", torch.nn.ModuleDict({"auto_model": model}))

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        states = self.get_submodule("0")["auto_model"](**dict(zip(INPUTS, inputs)))[0]
        return states, torch.nn.functional.normalize(states[:, 0], dim=-1)


def export(model: torch.nn.Module, inputs: int = 2, outputs: tuple[str, ...] = ("last_hidden_state",), opset: int = 14, dynamo: bool = False) -> onnx.ModelProto:
    ids = torch.arange(2, 9).repeat(2, 1)
    names = INPUTS[:inputs]
    arguments = (ids, torch.ones_like(ids), torch.zeros_like(ids))[:inputs]
    if dynamo:
        axes = dict(dynamic_shapes={name: {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC} for name in names})
        program = torch.onnx.export(model, (), kwargs=dict(zip(names, arguments)), input_names=names, output_names=list(outputs), opset_version=opset, dynamo=True, **axes)
        return program.model_proto
    file = io.BytesIO()
    axes = {name: {0: "batch", 1: "sequence"} for name in names}
    torch.onnx.export(model, arguments, file, input_names=names, output_names=list(outputs), opset_version=opset, dynamo=False, dynamic_axes=axes)
    return onnx.load_from_string(file.getvalue())


def save(name: str, model: onnx.ModelProto) -> onnx.ModelProto:
    for node in model.graph.node:  # where it was exported from, which nobody needs
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    model.graph.ClearField("metadata_props")
    model.graph.ClearField("value_info")
    write(f"{name}.onnx.gz", model.SerializeToString())
    return model


def write(name: str, content: bytes) -> None:
    (out / name).write_bytes(gzip.compress(content, 9, mtime=0))


def quantized(model: onnx.ModelProto, **options) -> onnx.ModelProto:
    onnx.save(model, scratch / "float.onnx")
    quantize_dynamic(scratch / "float.onnx", scratch / "int8.onnx", **options)
    return onnx.load(scratch / "int8.onnx")


def fused(model: onnx.ModelProto, half: bool = False) -> onnx.ModelProto:
    onnx.save(model, scratch / "float.onnx")
    better = optimizer.optimize_model(str(scratch / "float.onnx"), "bert", num_heads=4, hidden_size=32, optimization_options=FusionOptions("bert"), opt_level=0)
    if half:
        better.convert_float_to_float16(keep_io_types=True)
    if not any(opset.domain == "com.microsoft" for opset in better.model.opset_import):
        better.model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return better.model


def optimized(model: onnx.ModelProto) -> onnx.ModelProto:
    """As onnxruntime rewrites a graph before it runs it."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(scratch / "optimized.onnx")
    onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return onnx.load(scratch / "optimized.onnx")


def with_external_data(name: str, model: onnx.ModelProto) -> None:
    """The second text of a name is the file's: onnx would write it by itself, but not compressed."""
    onnx.save(model, scratch / f"{name}.onnx", save_as_external_data=True, location=f"{name}.onnx_data", size_threshold=64)
    for file in (f"{name}.onnx", f"{name}.onnx_data"):
        write(f"{file}.gz", (scratch / file).read_bytes())


def with_lists_and_constants(model: onnx.ModelProto) -> onnx.ModelProto:
    """Numbers in the typed fields in place of bytes, and every second weight in a Constant operator."""
    tensors = list(model.graph.initializer)
    for tensor in tensors:
        values = numpy_helper.to_array(tensor)
        tensor.CopyFrom(helper.make_tensor(tensor.name, tensor.data_type, values.shape, values.flatten().tolist()))
    del model.graph.initializer[1::2]
    for tensor in reversed(tensors[1::2]):
        model.graph.node.insert(0, helper.make_node("Constant", [], [tensor.name], value=tensor))
    return model


def with_dequantized(model: torch.nn.Module, before: onnx.ModelProto, after: onnx.ModelProto) -> torch.nn.Module:
    """The PyTorch model with the weights that an int8 file stands for."""
    floats = {tensor.name: numpy_helper.to_array(tensor) for tensor in before.graph.initializer}
    integers = {tensor.name: numpy_helper.to_array(tensor) for tensor in after.graph.initializer}
    state = model.state_dict()
    names = [name.removesuffix("_quantized") for name in integers if name.endswith("_quantized")]
    assert names
    for name in names:
        values, scale, zero = (integers[f"{name}_{part}"].astype(np.float64) for part in ("quantized", "scale", "zero_point"))
        rounded = (values - zero) * scale
        # Two tables of zeros, or an identity, would be taken for each other; random weights are not.
        for key, tensor in state.items():
            for turned in (False, True):
                other = tensor.numpy().T if turned else tensor.numpy()
                if other.shape == floats[name].shape and np.array_equal(other, floats[name]):
                    state[key] = torch.tensor(rounded.T if turned else rounded)
                    break
    assert sum(tensor.dtype == torch.float64 for tensor in state.values()) == len(names)
    model = model.double()
    model.load_state_dict(state)
    return model


@torch.no_grad()
def answers(model: torch.nn.Module) -> dict:
    """In float64."""
    model = model.double()
    encoder = getattr(model, model.base_model_prefix, model)
    given = []
    for ids in TEXTS:
        answer = {"ids": ids, "states": [[round(value, 7) for value in row] for row in encoder(torch.tensor([ids]))[0][0].tolist()]}
        if encoder is not model:
            answer["logit"] = round(model(torch.tensor([ids]))[0].item(), 7)
        given.append(answer)
    return given


def main() -> None:
    out.mkdir(parents=True, exist_ok=True)
    goldens = {}

    if OLD:
        save("bert-transformers-4", export(FirstOutput(make("Bert", attention="sdpa")), 3))
        save("xlm-roberta-transformers-4", export(FirstOutput(make("XLMRoberta", attention="sdpa"))))
        return

    bert = save("bert", export(FirstOutput(make("Bert")), 3))
    goldens["bert"] = answers(make("Bert"))
    save("bert-opset-17", export(FirstOutput(make("Bert", attention="sdpa")), 3, opset=17))
    for opset in (20, 23):
        save(f"bert-dynamo-{opset}", export(make("Bert", attention="sdpa"), 3, ("last_hidden_state", "pooler_output"), opset, dynamo=True))
    save("bert-float16", float16.convert_float_to_float16(export(FirstOutput(make("Bert")), 3), keep_io_types=True))
    save("bert-float16-io", float16.convert_float_to_float16(export(FirstOutput(make("Bert", attention="sdpa")), 3, opset=17)))
    save("bert-lists", with_lists_and_constants(float16.convert_float_to_float16(export(FirstOutput(make("Bert")), 3))))
    save("bert-fused", fused(export(FirstOutput(make("Bert")), 3)))
    save("bert-fused-float16", fused(export(FirstOutput(make("Bert")), 3), half=True))
    before = fused(export(FirstOutput(make("Bert")), 3))
    integers = dict(weight_type=QuantType.QUInt8, extra_options={"DefaultTensorType": TensorProto.FLOAT})
    save("bert-fused-uint8", quantized(before, op_types_to_quantize=["MatMul", "Attention"], **integers))
    save("other-fused-uint8", quantized(before, **integers))
    for name, options in {
        "uint8": dict(weight_type=QuantType.QUInt8),
        "int8": dict(weight_type=QuantType.QInt8),
        "int8-channels": dict(weight_type=QuantType.QInt8, per_channel=True, reduce_range=True),
        "uint8-channels": dict(weight_type=QuantType.QUInt8, per_channel=True),
        "int8-products": dict(weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"]),
    }.items():
        before = export(FirstOutput(make("Bert")), 3)
        after = save(f"bert-{name}", quantized(before, **options))
        goldens[f"bert-{name}"] = answers(with_dequantized(make("Bert"), before, after))
    save("bert-runtime-uint8", optimized(quantized(bert, weight_type=QuantType.QUInt8)))
    save("bert-int8-lists", with_lists_and_constants(quantized(bert, weight_type=QuantType.QUInt8, per_channel=True)))

    goldens["xlm-roberta"] = answers(make("XLMRoberta"))
    with_external_data("xlm-roberta", export(FirstOutput(make("XLMRoberta"))))
    save("xlm-roberta-dynamo", export(make("XLMRoberta", attention="sdpa"), 2, ("last_hidden_state", "pooler_output"), 20, dynamo=True))
    save("xlm-roberta-sentence", export(SentenceModel(make("XLMRoberta")), 2, ("token_embeddings", "sentence_embedding")))
    before = export(FirstOutput(make("XLMRoberta")))
    after = save("xlm-roberta-int8", quantized(before, weight_type=QuantType.QInt8, per_channel=True))
    goldens["xlm-roberta-int8"] = answers(with_dequantized(make("XLMRoberta"), before, after))

    reranker = lambda: make("XLMRoberta", "ForSequenceClassification", num_labels=1)
    goldens["reranker"] = answers(reranker())
    before = save("reranker", export(FirstOutput(reranker()), outputs=("logits",)))
    save("reranker-dynamo", export(reranker(), outputs=("logits",), opset=20, dynamo=True))
    save("reranker-float16", float16.convert_float_to_float16(export(FirstOutput(reranker()), outputs=("logits",))))
    save("reranker-int8", quantized(before, weight_type=QuantType.QUInt8))

    checkpoints = {
        "bert": (make("Bert"), torch.float32),
        "xlm-roberta": (make("XLMRoberta"), torch.bfloat16),
        "reranker": (reranker(), torch.float16),
    }
    for name, (model, type) in checkpoints.items():
        save_file({key: tensor.to(type).contiguous() for key, tensor in model.state_dict().items()}, scratch / "model.safetensors")
        write(f"{name}.safetensors.gz", (scratch / "model.safetensors").read_bytes())
        model.config.architectures = [model.__class__.__name__]
        (out / f"{name}.config.json").write_text(model.config.to_json_string())

    distilbert = lambda: with_random_weights(transformers.DistilBertModel(transformers.DistilBertConfig(vocab_size=120, max_position_embeddings=40, dim=32, n_layers=2, n_heads=4, hidden_dim=64)))
    save("distilbert", export(FirstOutput(distilbert())))
    goldens["distilbert"] = answers(distilbert())

    others()
    versions = {package.__name__: package.__version__ for package in (np, onnx, torch, transformers)}
    (out / "goldens.json").write_text(json.dumps({"versions": versions, "answers": goldens}, separators=(",", ":")))


def others() -> None:
    """What our encoder does not compute; weights of 0 make small files."""
    zero = lambda kind, **options: with_random_weights(getattr(transformers, f"{kind}Model")._from_config(getattr(transformers, f"{kind}Config")(**options), attn_implementation="eager"), 0)
    small = dict(SIZES, max_position_embeddings=40)
    save("other-gelu-tanh", export(FirstOutput(zero("Bert", **small, hidden_act="gelu_new")), 3))
    save("other-gelu-tanh-dynamo", export(zero("Bert", **small, hidden_act="gelu_pytorch_tanh"), 3, ("last_hidden_state", "pooler_output"), 20, dynamo=True))
    save("other-relu", export(FirstOutput(zero("Bert", **small, hidden_act="relu")), 3))
    save("other-decoder", export(FirstOutput(zero("Bert", **small, is_decoder=True)), 3))
    cross_encoder = make("Bert", "ForSequenceClassification", num_labels=1)
    save("other-cross-encoder", export(FirstOutput(with_random_weights(cross_encoder, 0)), 3, outputs=("logits",)))
    save("other-mpnet", export(FirstOutput(zero("MPNet", **small))))
    save("other-albert", export(FirstOutput(zero("Albert", **small, embedding_size=16)), 3))
    save("other-gpt2", export(FirstOutput(zero("GPT2", vocab_size=120, n_positions=40, n_embd=32, n_layer=2, n_head=4))))
    t5 = transformers.T5EncoderModel(transformers.T5Config(vocab_size=120, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4))
    save("other-t5", export(FirstOutput(with_random_weights(t5, 0))))


torch.manual_seed(0)
torch.set_grad_enabled(False)
main()
