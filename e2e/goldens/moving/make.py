"""Makes moving.json beside this file: what sentence-transformers and LangChain answer for bge-small-en-v1.5 in float32.
Usage: make.py MODELS, the folder that scripts/prepare-models/fetch-models.sh fills.
Needs onnx, safetensors, torch, sentence-transformers, langchain-community."""
import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
from langchain_community.embeddings.huggingface import HuggingFaceBgeEmbeddings
from onnx import numpy_helper
from safetensors.numpy import save_file
from sentence_transformers import SentenceTransformer, util

INSTRUCTION = "Represent this sentence for searching relevant passages: "
QUERY = "why does the sea\nrise and fall?"
PASSAGES = ["The moon causes the tides.", "Bees make honey from nectar."]

source = Path(sys.argv[1]) / "BAAI/bge-small-en-v1.5"
folder = Path(tempfile.mkdtemp())
graph = onnx.load(source / "onnx/model.onnx").graph
initial = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
tensors = {name: value for name, value in initial.items() if name.startswith(("embeddings.", "encoder."))}
for node in graph.node:
    if node.op_type == "MatMul" and node.input[1] in initial:
        name = node.name.removeprefix("/").removesuffix("/MatMul").replace("/", ".") + ".weight"
        tensors[name] = np.ascontiguousarray(initial[node.input[1]].T)
tensors.pop("embeddings.position_ids", None)
save_file(tensors, folder / "model.safetensors", {"format": "pt"})
(folder / "tokenizer.json").write_bytes((source / "tokenizer.json").read_bytes())


def write(path, value):
    (folder / path).parent.mkdir(exist_ok=True)
    (folder / path).write_text(json.dumps(value))


# As BAAI's own repository has them.
sizes = dict(vocab_size=30522, hidden_size=384, num_hidden_layers=12, num_attention_heads=12, intermediate_size=1536)
write("config.json", {"architectures": ["BertModel"], "model_type": "bert", **sizes})
write("tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 512})
write("modules.json", [
    {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
    for i, (path, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")])
])
write("1_Pooling/config.json", {"word_embedding_dimension": 384, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False})
write("sentence_bert_config.json", {"max_seq_length": 512, "do_lower_case": True})
write("2_Normalize/.keep", None)

model = SentenceTransformer(str(folder), device="cpu")
query = model.encode(QUERY, prompt=INSTRUCTION, normalize_embeddings=True)
passages = model.encode(PASSAGES, normalize_embeddings=True)
chain = HuggingFaceBgeEmbeddings(model_name=str(folder), encode_kwargs={"normalize_embeddings": True})
rounded = lambda value: np.round(np.asarray(value, np.float64), 7).tolist()
data = {
    "versions": {name: version(name) for name in ["sentence-transformers", "langchain-community", "transformers", "torch"]},
    "query": QUERY,
    "passages": PASSAGES,
    "sentenceTransformers": {
        "query": rounded(query),
        "passages": rounded(passages),
        "similarity": rounded(util.cos_sim(query, passages)[0]),
    },
    "langChain": {
        "queryInstruction": chain.query_instruction,
        "query": rounded(chain.embed_query(QUERY)),
        "passages": rounded(chain.embed_documents(PASSAGES)),
    },
}
Path(__file__).with_name("moving.json").write_text(json.dumps(data) + "\n")

# The same texts by FlagEmbedding, in the goldens of this repository.
goldens = json.loads((Path(__file__).parents[1] / "bge-small-en-v1.5.json").read_text())
cases = [case for case in goldens["cases"] if case["kind"] != "encodeQueries"]
found = np.stack([model.encode(case["text"]) for case in cases])
print(len(cases), "texts, largest difference from FlagEmbedding", np.abs(found - [case["embedding"] for case in cases]).max())
cases = [case for case in goldens["cases"] if case["kind"] == "encodeQueries"]
found = np.stack([model.encode(case["text"], prompt=INSTRUCTION) for case in cases])
print(len(cases), "queries, largest difference", np.abs(found - [case["embedding"] for case in cases]).max())
