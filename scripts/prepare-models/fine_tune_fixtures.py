"""Fine-tunes a small random BERT by FlagEmbedding and by sentence-transformers, and keeps what they save, with their answers.

HF_HUB_OFFLINE=1 python scripts/prepare-models/fine_tune_fixtures.py
Writes e2e/models/fine-tuned: a folder for each way, as the tool leaves it but for what has the paths of this machine
inside, and answers.json. Versions are inside. Needs FlagEmbedding, sentence-transformers and optimum-onnx beside requirements.txt.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import datasets
import FlagEmbedding
import sentence_transformers
import sentence_transformers.losses
import torch
import transformers
from importlib.metadata import version
from tokenizers import BertWordPieceTokenizer

OUT = Path(__file__).parents[2] / "e2e/models/fine-tuned"
QUERY = "Represent this sentence for searching relevant passages: "
ANIMALS = "bee cat dog owl fox cow hen pig rat bat".split()
EXAMPLES = [
    {"query": f"{what} of a {animal}", "pos": [yes.format(animal)], "neg": [no.format(animal)]}
    for animal in ANIMALS
    for what, yes, no in [
        ("sound", "The {} makes this noise.", "The {} eats this."),
        ("food", "The {} eats this.", "The {} makes this noise."),
    ]
]
QUERIES = ["sound of a goat", "What does an owl eat?"]
PASSAGES = ["The owl eats this.", "The bat makes this noise, and eats that.", "A café: 12 cows & 3 hens!", ""]
KEPT = {".json", ".safetensors", ".onnx"}


def make_base(folder: Path) -> None:
    texts = [QUERY] + [text for one in EXAMPLES for text in [one["query"], *one["pos"], *one["neg"]]]
    words = BertWordPieceTokenizer(lowercase=True)
    words.train_from_iterator(texts, vocab_size=300, min_frequency=1, show_progress=False)
    folder.mkdir()
    words.save_model(str(folder))
    transformers.BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    torch.manual_seed(7)
    config = transformers.BertConfig(
        vocab_size=words.get_vocab_size(), hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=64, max_position_embeddings=64, initializer_range=0.2,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(folder)


def by_flag_embedding(base: Path, out: Path, work: Path) -> dict:
    data = work / "train.jsonl"
    data.write_text("".join(json.dumps(one) + "\n" for one in EXAMPLES))
    options = {
        "model_name_or_path": base, "train_data": data, "output_dir": out, "query_instruction_for_retrieval": QUERY,
        "query_max_len": 32, "passage_max_len": 32, "train_group_size": 2, "per_device_train_batch_size": 10,
        "learning_rate": 1e-3, "max_steps": 5, "save_strategy": "no", "report_to": "none",
    }  # fmt: skip
    flags = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    module = "FlagEmbedding.finetune.embedder.encoder_only.base"
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "1", "-m", module]
    subprocess.run([*command, *flags], check=True)
    model = FlagEmbedding.FlagModel(
        str(out), query_instruction_for_retrieval=QUERY, use_fp16=False, devices="cpu"
    )
    return {"queries": model.encode_queries(QUERIES).tolist(), "passages": model.encode_corpus(PASSAGES).tolist()}


def by_sentence_transformers(base: Path, out: Path) -> dict:
    """Its default for a folder without modules.json: the mean of all tokens, not normalised."""
    prompts = {"query": "query: ", "document": "passage: "}
    model = sentence_transformers.SentenceTransformer(str(base), prompts=prompts, device="cpu")
    rows = [{"anchor": one["query"], "positive": one["pos"][0], "negative": one["neg"][0]} for one in EXAMPLES]
    sentence_transformers.SentenceTransformerTrainer(
        model=model,
        args=sentence_transformers.SentenceTransformerTrainingArguments(
            output_dir=str(out), max_steps=5, per_device_train_batch_size=10, learning_rate=1e-3,
            save_strategy="no", report_to="none", prompts={"anchor": "query: ", "positive": "passage: ", "negative": "passage: "},
        ),  # fmt: skip
        train_dataset=datasets.Dataset.from_list(rows),
        loss=sentence_transformers.losses.MultipleNegativesRankingLoss(model),
    ).train()
    model.save_pretrained(str(out))
    found = {"queries": model.encode_query(QUERIES), "passages": model.encode_document(PASSAGES)}
    return {kind: vectors.tolist() for kind, vectors in found.items()}


def main() -> None:
    work = Path(tempfile.mkdtemp())
    make_base(work / "base")
    made = {name: work / name for name in ["flag-embedding", "sentence-transformers", "optimum"]}
    answers = {
        "flag-embedding": by_flag_embedding(work / "base", made["flag-embedding"], work),
        "sentence-transformers": by_sentence_transformers(work / "base", made["sentence-transformers"]),
    }
    export = [sys.executable, "-m", "optimum.commands.optimum_cli", "export", "onnx", "--task", "feature-extraction"]
    subprocess.run([*export, "--model", str(made["flag-embedding"]), str(made["optimum"])], check=True)
    answers["optimum"] = answers["flag-embedding"]
    names = ["FlagEmbedding", "sentence-transformers", "transformers", "torch", "optimum", "optimum-onnx"]
    shutil.rmtree(OUT, ignore_errors=True)
    for name, folder in made.items():
        for file in folder.rglob("*"):
            if file.suffix not in KEPT or "checkpoint" in str(file.relative_to(folder)):
                continue
            to = OUT / name / file.relative_to(folder)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, to)
    texts = {"instruction": QUERY, "queries": QUERIES, "passages": PASSAGES}
    versions = {name: version(name) for name in names}
    (OUT / "answers.json").write_text(json.dumps({"versions": versions, **texts, "answers": answers}) + "\n")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
