import { type BgeErrorName, type Device, isBgeError, type LoadEvent } from 'bge-web';
import * as format from './format';
import { say, type Words } from './language';

export type Advice = readonly [title: string, advice: string];

const LOADING = {
  en: {
    reading: 'Reading the model from this device',
    downloading: 'Downloading the model',
    amount: (loaded: string, total: string) => `: ${loaded} of ${total}`,
    wait: 'Waiting for another tab, which downloads the same model',
    verify: 'Checking the files',
    compile: (device: string) => `Preparing the model for the ${device}`,
    warmUp: 'Warming up, and checking the numbers',
    ready: (device: string) => `Ready on the ${device}`,
    fallback: (reason: string) => `The GPU was given up, so the CPU takes over. ${reason}`,
    quota: 'This browser has no room for the model: it is kept in memory only and will be downloaded again next time.',
    'no-store':
      'This browser gives no storage: the model is kept in memory only and will be downloaded again next time.',
    unverified: 'This page does not come over https, so the files of the model were checked by their size only.',
  },
  zh: {
    reading: '正在从本机读取模型',
    downloading: '正在下载模型',
    amount: (loaded: string, total: string) => `：${loaded}，共 ${total}`,
    wait: '另一个标签页正在下载同一模型，请稍候',
    verify: '正在校验文件',
    compile: (device: string) => `正在为 ${device} 准备模型`,
    warmUp: '正在预热并核对数值',
    ready: (device: string) => `就绪，运行于 ${device}`,
    fallback: (reason: string) => `GPU 不可用，改用 CPU。${reason}`,
    quota: '浏览器没有足够的空间：模型只保存在内存中，下次需要重新下载。',
    'no-store': '浏览器不提供存储：模型只保存在内存中，下次需要重新下载。',
    unverified: '本页面不是通过 https 打开的，因此模型文件只校验了大小。',
  },
} satisfies Words<object>;

/** The parts of the loading bar: most of a first load is the download. */
const PROGRESS = { downloaded: 0.85, verify: 0.87, compile: 0.9, warmUp: 0.96 };

export const deviceName = (device: Device) => (device === 'webgpu' ? 'GPU (WebGPU)' : 'CPU');

/** What a step of loading is called: `spoken` stays the same during a step, for screen readers; `part` is that of the bar. */
export interface Step {
  readonly text: string;
  readonly spoken: string;
  readonly part?: number;
  /** True for what should stay readable when loading goes on. */
  readonly notice?: boolean;
}

/** Tells a step of loading in plain words. */
export function stepOf(event: LoadEvent): Step {
  const words = say(LOADING);
  const step = (text: string, part?: number, notice = false): Step => ({ text, spoken: text, part, notice });
  switch (event.phase) {
    case 'download': {
      const { loaded, total, cached } = event;
      const spoken = cached ? words.reading : words.downloading;
      const text = spoken + words.amount(format.bytes(loaded), format.bytes(total));
      return { text, spoken, part: (total > 0 ? loaded / total : 0) * PROGRESS.downloaded };
    }
    case 'wait':
      return step(words.wait);
    case 'verify':
      return step(words.verify, PROGRESS.verify);
    case 'compile':
      return step(words.compile(deviceName(event.device)), PROGRESS.compile);
    case 'warm-up':
      return step(words.warmUp, PROGRESS.warmUp);
    case 'ready':
      return step(words.ready(deviceName(event.info.device)), 1);
    case 'fallback':
      return step(words.fallback(event.reason), undefined, true);
    case 'warning':
      return step(words[event.warning], undefined, true);
  }
}

/** What happened, and what to do about it. */
const ERRORS: Words<Partial<Record<BgeErrorName, Advice>> & { readonly other: Advice }> = {
  en: {
    ModelFileNotFoundError: [
      'The model is not on this server',
      'Its files should lie in the folder models/ beside this page. Put them there and try again, or choose another model.',
    ],
    DownloadError: [
      'The download broke off',
      'The server or the network failed. What has arrived is kept; trying again goes on from there.',
    ],
    IntegrityError: [
      'A downloaded file is not the expected one',
      'It was not used. Try again; if that does not help, the server holds another version of the model.',
    ],
    CorruptTokenizerError: [
      'The tokenizer cannot be read',
      'Trying again deletes the stored copy and downloads it anew.',
    ],
    CorruptModelError: ['The model cannot be read', 'Trying again deletes the stored copy and downloads it anew.'],
    WasmBlockedError: [
      'This page may not run WebAssembly',
      "Its Content-Security-Policy forbids it: the server must add 'wasm-unsafe-eval' to script-src.",
    ],
    WasmUnsupportedError: [
      'This browser has no WebAssembly',
      'Some privacy modes switch it off. Allow it for this page, or use another browser.',
    ],
    EngineError: ['The model could not run', 'Try again; if there is a choice of device, choose the CPU.'],
    SelfCheckError: [
      'The numbers were wrong',
      'The engine did not give the known vectors of some known texts, so it was not used. If there is a choice of device, choose the CPU.',
    ],
    WorkerDiedError: ['The worker ended', 'Perhaps memory ran short. Trying again starts a new one.'],
    WorkerUnresponsiveError: ['The worker no longer answered', 'It was ended. Trying again starts a new one.'],
    StorageFullError: [
      'This browser has no room left',
      'What was stored before is unchanged. Delete something, here or on the disk, and try again.',
    ],
    StorageUnavailableError: [
      'This browser stores nothing for this page',
      'Private windows and some settings forbid it. Allow it, or open the page in an ordinary window.',
    ],
    other: ['Something unexpected happened', 'Try again.'],
  },
  zh: {
    ModelFileNotFoundError: [
      '服务器上没有这个模型',
      '模型文件应放在本页面旁边的 models/ 文件夹中。请放好后重试，或选择其他模型。',
    ],
    DownloadError: ['下载中断', '服务器或网络出了问题。已下载的部分会保留，重试时从断点继续。'],
    IntegrityError: [
      '下载的文件与预期不符',
      '该文件没有被使用。请重试；如果仍然失败，说明服务器上是另一个版本的模型。',
    ],
    CorruptTokenizerError: ['无法读取分词器', '重试时会删除本机的副本并重新下载。'],
    CorruptModelError: ['无法读取模型', '重试时会删除本机的副本并重新下载。'],
    WasmBlockedError: [
      '本页面不允许运行 WebAssembly',
      "内容安全策略（CSP）禁止了它：服务器需要在 script-src 中加入 'wasm-unsafe-eval'。",
    ],
    WasmUnsupportedError: ['浏览器不支持 WebAssembly', '某些隐私模式会关闭它。请为本页面开启，或换一个浏览器。'],
    EngineError: ['模型无法运行', '请重试；如果可以选择设备，请选择 CPU。'],
    SelfCheckError: [
      '计算结果不正确',
      '引擎对已知文本没有给出已知的向量，因此没有使用。如果可以选择设备，请选择 CPU。',
    ],
    WorkerDiedError: ['后台线程意外结束', '可能是内存不足。重试会启动新的线程。'],
    WorkerUnresponsiveError: ['后台线程没有响应', '它已被结束。重试会启动新的线程。'],
    StorageFullError: ['浏览器的存储空间已满', '之前保存的内容没有变化。请删除一些内容或清理磁盘后重试。'],
    StorageUnavailableError: [
      '浏览器不允许本页面存储数据',
      '隐私窗口和某些设置会禁止存储。请允许存储，或在普通窗口中打开。',
    ],
    other: ['出现意外错误', '请重试。'],
  },
};

/** Tells an error in plain words, with a way on. */
export function adviceOf(error: unknown): Advice {
  const words = say(ERRORS);
  return (isBgeError(error) && words[error.name]) || words.other;
}

/** The error as it was thrown, for who wants to know. */
export const technically = (error: unknown) =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

/** True for a stored model that no further try can read: delete it before the next one. */
export const isCorrupt = (error: unknown) =>
  isBgeError(error, 'CorruptModelError') || isBgeError(error, 'CorruptTokenizerError');
