"""
Makes the model files under public/models from the published fp32 ONNX files of BGE v1.5 small:

    bash fetch-models.sh SOURCE && pip install -r requirements.txt && python prepare.py SOURCE ../../public/models

and worker/references.json, the self-check's texts with their fp32 vectors. check.py measures the outcome.
"""

import argparse
import base64
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
from tokenizers import Tokenizer

from bert import Bert, read_bert
from check import CLS_PATH, cosines, embed, open_cls_model, open_model, open_webgpu_model
from cpu_graph import build_cls_graph, build_cpu_graph
from webgpu_graph import SOURCE_PATH, build_webgpu_graph

HERE = Path(__file__).parent
REFERENCES = HERE / "../../worker/references.json"
MODELS = ["BAAI/bge-small-en-v1.5", "BAAI/bge-small-zh-v1.5"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder that fetch-models.sh has filled")
    parser.add_argument("out", type=Path, help="folder of the prepared models")
    arguments = parser.parse_args()
    texts = json.loads((HERE / "texts.json").read_text("utf-8"))
    references = {}
    for name in MODELS:
        prepare(arguments.source / name, arguments.out / name, texts[name]["calibration"])
        references[name] = make_references(arguments.source / name, arguments.out / name, texts[name]["references"])
    write_json(REFERENCES, references)


def prepare(source: Path, out: Path, calibration: list[str]) -> None:
    (out / "onnx").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / "tokenizer.json", out / "tokenizer.json")
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    texts = mixed(tokenizer, [tokenizer.encode(text).ids for text in calibration]) + random_walks(tokenizer)
    bert = read_bert(source / "onnx/model.onnx", texts)
    write_json(out / "config.json", config(bert))
    write_json(out / "tokenizer_config.json", tokenizer_config(json.loads(tokenizer.to_str())))

    cpu_model = build_cpu_graph(bert)
    onnx.checker.check_model(cpu_model, full_check=True)
    cpu_file = cpu_model.SerializeToString()
    (out / SOURCE_PATH).write_bytes(cpu_file)
    (out / CLS_PATH).write_bytes(build_cls_graph(bert, cpu_file, cpu_model).SerializeToString())
    webgpu_model, recipe = build_webgpu_graph(bert, cpu_file, cpu_model)
    (out / "onnx/model_webgpu.onnx").write_bytes(webgpu_model.SerializeToString())
    write_lines(out / "onnx/model_webgpu.json", recipe)


def mixed(tokenizer: Tokenizer, texts: list[list[int]]) -> list[list[int]]:
    """The texts cut at any place, 30 times, with a third of their tokens replaced by any, special ones among them."""
    first, last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    special = [tokenizer.token_to_id(token) for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")]
    random = np.random.default_rng(0)
    result = []
    for text in texts * 30:
        row = np.array(text[1:-1][: random.integers(len(text) - 1)], int)
        dice = random.random(len(row))
        row = np.where(dice < 0.3, random.integers(0, tokenizer.get_vocab_size(), len(row)), row)
        row = np.where(dice < 0.05, random.choice(special, len(row)), row)
        result.append([first, *row.tolist(), last])
    return result


def random_walks(tokenizer: Tokenizer) -> list[list[int]]:
    """Texts of full length from two thirds of the vocabulary, so that no rare token or late position is a surprise."""
    first, last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    tokens = np.random.default_rng(0).permutation(tokenizer.get_vocab_size())[: 40 * 510].reshape(-1, 510)
    return [[first, *row, last] for row in tokens.tolist()]


def write_json(path: Path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", "utf-8")


def write_lines(path: Path, value: dict) -> None:
    """Lists as members: one element a line."""
    members = []
    for key, member in value.items():
        body = json.dumps(member)
        if isinstance(member, list):
            body = "[\n" + ",\n".join(json.dumps(element, ensure_ascii=False) for element in member) + "\n]"
        members.append(f"{json.dumps(key)}: {body}")
    path.write_text("{" + ",\n".join(members) + "}\n", "utf-8")


def config(bert: Bert) -> dict:
    """As on the hub; whatever the weights decide is taken from them."""
    vocabulary, hidden = bert.words.shape
    return {
        "architectures": ["BertModel"],
        "attention_probs_dropout_prob": 0.1,
        "classifier_dropout": None,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": hidden,
        "initializer_range": 0.02,
        "intermediate_size": len(bert.layers[0].ffn_in.bias),
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": len(bert.positions),
        "model_type": "bert",
        "num_attention_heads": bert.heads,
        "num_hidden_layers": len(bert.layers),
        "pad_token_id": 0,
        "position_embedding_type": "absolute",
        "type_vocab_size": len(bert.token_types),
        "use_cache": True,
        "vocab_size": vocabulary,
    }


def tokenizer_config(tokenizer: dict) -> dict:
    normalizer = tokenizer["normalizer"]
    return {
        "clean_up_tokenization_spaces": True,
        "cls_token": "[CLS]",
        "do_basic_tokenize": True,
        "do_lower_case": normalizer["lowercase"],
        "mask_token": "[MASK]",
        "model_max_length": 512,
        "never_split": None,
        "pad_token": "[PAD]",
        "sep_token": "[SEP]",
        "strip_accents": normalizer["strip_accents"],
        "tokenize_chinese_chars": normalizer["handle_chinese_chars"],
        "tokenizer_class": "BertTokenizer",
        "unk_token": "[UNK]",
    }


def make_references(source: Path, out: Path, texts: list[str]) -> list[dict]:
    """
    The fp32 vectors of a few texts, as base64 of int8. One text must have more than 32 tokens: GPU
    kernels change their ways with the length.
    """
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    ids = [tokenizer.encode(text).ids for text in texts]
    vectors = embed(open_model(source / "onnx/model.onnx"), ids)
    for graph, model in [("CPU", open_cls_model(out)), ("WebGPU", open_webgpu_model(out))]:
        print(f"{out.name} {graph}: cosine to its references", cosines(vectors, embed(model, ids)).round(5))
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    stored = np.round(vectors / largest * 127).astype(np.int8)
    return [
        {"text": text, "vector": base64.b64encode(row.tobytes()).decode()} for text, row in zip(texts, stored)
    ]


if __name__ == "__main__":
    main()
