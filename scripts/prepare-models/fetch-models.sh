#!/usr/bin/env bash
# Fetches the source models: BGE v1.5 small, English and Chinese, fp32 ONNX (and the commonly published int8, for
# comparison) as Xenova published them on the Hugging Face hub, byte for byte, from Maven Central, where langchain4j
# publishes them. Refuses files with any other content.
# Needs: mvn, unzip. Usage: fetch-models.sh DIR
#   →  DIR/BAAI/bge-small-{en,zh}-v1.5/{tokenizer.json,onnx/model.onnx,onnx/model_quantized.onnx}
set -euo pipefail
dest=${1:?usage: fetch-models.sh DIR}
version=0.36.2
jars=$(mktemp -d)
trap 'rm -rf "$jars"' EXIT
for lang in en zh; do
  dir=$dest/BAAI/bge-small-$lang-v1.5
  mkdir -p "$dir/onnx"
  for variant in "" -q; do
    artifact=langchain4j-embeddings-bge-small-$lang-v15$variant
    mvn -q org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy -Dartifact=dev.langchain4j:$artifact:$version -DoutputDirectory="$jars" < /dev/null
    jar=$jars/$artifact-$version.jar
    name=$([ -z "$variant" ] && echo model || echo model_quantized)
    unzip -p "$jar" "bge-small-$lang-v1.5$variant.onnx" > "$dir/onnx/$name.onnx"
    unzip -p "$jar" "bge-small-$lang-v1.5$variant-tokenizer.json" > "$dir/tokenizer.json"
  done
done
cd "$dest" && sha256sum --check - <<'SUMS'
828e1496d7fabb79cfa4dcd84fa38625c0d3d21da474a00f08db0f559940cf35  BAAI/bge-small-en-v1.5/onnx/model.onnx
6c9c6101a956d62dfb5e7190c538226c0c5bb9cb27b651234b6df063ee7dbfe4  BAAI/bge-small-en-v1.5/onnx/model_quantized.onnx
d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66  BAAI/bge-small-en-v1.5/tokenizer.json
69a0b846f4f116b5e6aabf9546ea6754d02264f3211a13a1bd69b31b8040749a  BAAI/bge-small-zh-v1.5/onnx/model.onnx
15b717c382bcb518ba457b93ea6850ede7f4f1cd8937454aa06972366cd19bcc  BAAI/bge-small-zh-v1.5/onnx/model_quantized.onnx
48cea5d44424912a6fd1ea647bf4fe50b55ab8b1e5879c3275f80e339e8fae26  BAAI/bge-small-zh-v1.5/tokenizer.json
SUMS
