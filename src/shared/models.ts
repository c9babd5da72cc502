/** Number format of a model's files, named as on the hub: `q8` is `model_quantized.onnx`. */
export type Dtype = 'fp32' | 'fp16' | 'q8' | 'q4f16';

export interface ModelFile {
  readonly path: string;
  /** Known size and SHA-256 (hex): what arrives must match. Unknown ones are taken from the server at first use. */
  readonly bytes?: number;
  readonly sha256?: string;
}

/** One way to run a model. */
export interface ModelBuild {
  readonly dtype: Dtype;
  readonly devices: readonly ('webgpu' | 'wasm')[];
  /** The ONNX graph, with its weights unless `weights` says where they are. */
  readonly graph: ModelFile;
  /** For a graph without weights: the recipe that fills its external data from the bytes of another file. */
  readonly weights?: { readonly recipe: ModelFile; readonly source: ModelFile };
}

/** A set of files on one server layout. */
export interface ModelRelease {
  /** The path of the model on the server, `<org>/<name>`. */
  readonly repo: string;
  readonly revision: string;
  readonly tokenizer: ModelFile;
  readonly builds: readonly ModelBuild[];
}

/** What must be known about a model to run it as its authors do. */
export interface ModelSpec {
  readonly id: string;
  readonly dim: number;
  readonly pooling: 'cls' | 'mean';
  /** Put before queries, never before passages; empty for none. */
  readonly queryInstruction: string;
  /** The most tokens that the model takes, special tokens included. */
  readonly maxLength: number;
  /** As published on the hub. */
  readonly hub: ModelRelease;
  /** As prepared by this project (one int8 set of weights for CPU and GPU), for your own server. */
  readonly own?: ModelRelease;
}
