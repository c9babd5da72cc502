import type { Advice } from '../shared/plain-words';

/** Descriptions to begin with. */
export const EXAMPLES = {
  en: [
    'mountain that spits out lava',
    'how plants turn sunlight into food',
    'someone whose husband has died',
    '给动物看病的医生',
  ],
  zh: ['给动物看病的医生', '喷出岩浆的山', 'someone whose husband has died'],
};

export const WORDS = {
  en: {
    title: 'Reverse dictionary – bge-web',
    heading: 'Reverse dictionary',
    about:
      'Describe a thing in English or Chinese, and find the English word for it. The search runs on this device: nothing that you type leaves it.',
    query: 'Describe it',
    placeholder: 'e.g. tool for hitting nails',
    try: 'Try:',
    view: 'Way of searching',
    dense: 'By meaning',
    lexical: 'By words',
    hybrid: 'Both',
    reranked: 'Reranked',
    better: 'A better order, by a second model (296 MB)',
    rerank: 'Rerank with a cross-encoder',
    rerankCancel: 'Cancel the reranker',
    rerankStop: 'Stop reranking',
    rerankCost:
      'It reads each of the best 20 together with your description, after each pause in typing. BAAI/bge-reranker-base in int8: 279 MB, and 17 MB of tokenizer, from huggingface.co, once.',
    waiting: 'Waiting for a pause in typing',
    reading: (done: number, all: number) => `Read ${done} of ${all}`,
    logit: (logit: string) => `logit ${logit}`,
    up: (place: number) => `▲ from no. ${place}`,
    down: (place: number) => `▼ from no. ${place}`,
    stays: 'where it was',
    translated: 'Translated word by word:',
    translatedBy: 'By CC-CEDICT (CC BY-SA 4.0): one sense of each word, and no grammar.',
    unknown: 'None of these words is in the Chinese dictionary.',
    read: 'How to read this',
    readDense:
      'By meaning: the vector of your description is compared with that of every definition. “cos” is their cosine.',
    readLexical:
      'By words: the word or its definition has words of your description; rare ones count more (BM25). They are marked.',
    readHybrid: 'Both: 0.7 × meaning + 0.3 × words, each scaled to 0 … 1 first.',
    readRelevance:
      'The bar is an estimate of how likely this definition is the one that you describe, if one of all is: from its cosine, and from how near random definitions lie to each other. It is grey below 5%, where it is most likely another one’s. Words alone give no such estimate.',
    readReranker:
      'Reranked: a cross-encoder reads your description, in Chinese as it stands, together with each of the best 20 definitions of “Both”, and orders them by its logit. ▲ says where a word stood before.',
    readChinese:
      'A Chinese description is translated word by word by a dictionary, since the model is English. Of 20 such descriptions that played no part in making this, 13 found their word among the first ten. Below a word stand Chinese ones for it, whichever meaning of it they belong to. The bar is left out: it would be too low.',
    dictionary: 'The dictionary',
    which: (count: string) =>
      `${count} meanings of Princeton WordNet 3.1, with the vector of each: computed ahead of time, searched here.`,
    common: 'The 20,000 most sought meanings (10 MB)',
    all: (size: string) => `All meanings (${size})`,
    size: 'How much of it',
    more: 'More meanings',
    build:
      'Who hosts this page can offer all 117,791 meanings too: npm run wordnet -- --all in a copy of this repository makes a file of about 59 MB, in two to three hours on two CPU cores.',
    licence: 'Licence of WordNet',
    chineseLicence: 'Licence of CC-CEDICT',
    fetching: (loaded: string, total: string) => `Downloading the dictionary: ${loaded} of ${total}`,
    opening: 'Opening the dictionary',
    early: 'You can type already; answers come when the model and the dictionary are here.',
    ready: 'Answers come while you type.',
    time: (embed: string) => `Your description as a vector: ${embed}.`,
    nothing: 'No definition has one of these words.',
    unsure: 'Nothing lies near: these are only the nearest.',
    found: (count: number, reranked: boolean, best: string) =>
      `${count} words. ${reranked ? 'Reranked,' : 'By both ways'} the first is: ${best}`,
    by: { dense: 'meaning', lexical: 'words' },
    // Not broken between two lines.
    place: (what: string, place: number) => `${what}:\u00a0no.\u00a0${place}`,
    score: (dense: string) => `cos ${dense}`,
    likelihood: (percent: number) => `estimated likelihood ${percent}%`,
    pos: { noun: 'noun', verb: 'verb', adj: 'adjective', adv: 'adverb' } as Record<string, string>,
    missing: [
      'The dictionary did not arrive',
      'The server or the network failed, or the file is not there. Nothing is lost: try again.',
    ] as Advice,
    unreachable: [
      'The reranker did not arrive',
      'It lies on huggingface.co, which did not answer, or cannot be reached from here. What has arrived is kept: try again, or cancel it and go on without.',
    ] as Advice,
  },
  zh: {
    title: '反向词典 – bge-web',
    heading: '反向词典',
    about: '用英文或中文描述一件事物，找到表示它的英文词。搜索在本机进行，您输入的内容不会离开这台设备。',
    query: '描述（英文或中文）',
    placeholder: '例如：喷出岩浆的山',
    try: '试试：',
    view: '搜索方式',
    dense: '按语义',
    lexical: '按词语',
    hybrid: '两者结合',
    reranked: '重排后',
    better: '用第二个模型排得更准（296 MB）',
    rerank: '用交叉编码器重排',
    rerankCancel: '取消重排模型',
    rerankStop: '停止重排',
    rerankCost:
      '每次输入停顿后，它把描述与最好的 20 条释义逐条一起阅读。BAAI/bge-reranker-base（int8）：279 MB，另有 17 MB 的分词器，来自 huggingface.co，只需下载一次。',
    waiting: '等待输入停顿',
    reading: (done: number, all: number) => `已读 ${done} / ${all}`,
    logit: (logit: string) => `logit ${logit}`,
    up: (place: number) => `▲ 原第 ${place}`,
    down: (place: number) => `▼ 原第 ${place}`,
    stays: '位置未变',
    translated: '逐词翻译：',
    translatedBy: '依据 CC-CEDICT（CC BY-SA 4.0）：每个词只取一个义项，不管语法。',
    unknown: '这些词都不在汉英词典里。',
    read: '如何理解结果',
    readDense: '按语义：把描述的向量与每条释义的向量相比。“cos”是余弦值。',
    readLexical: '按词语：词条或释义中含有描述里的词，越少见的词分量越重（BM25）。这些词会标出。',
    readHybrid: '两者结合：0.7 × 语义 + 0.3 × 词语，各自先缩放到 0 … 1。',
    readRelevance:
      '长条是估计值：假设所有释义中恰有一条是您描述的，这一条就是它的可能性有多大，依据是余弦值以及随机释义之间的距离。低于 5% 时显示为灰色，多半不是您要找的。只按词语搜索时没有这个估计。',
    readReranker:
      '重排后：交叉编码器把您的描述（中文就读中文）与“两者结合”最好的 20 条释义逐条一起阅读，按它的 logit 排序。▲ 表示原来的位置。',
    readChinese:
      '因为模型是英文的，中文描述由词典逐词翻译。20 条没有参与制作的描述中，有 13 条的词出现在前十个里。英文词下面是对应的中文词，不区分义项。此时不显示长条，因为估计值会偏低。',
    dictionary: '词典',
    which: (count: string) => `普林斯顿 WordNet 3.1 的 ${count} 个词义（英文），向量已预先算好，在本机搜索。`,
    common: '最常用的 20,000 个词义（10 MB）',
    all: (size: string) => `全部词义（${size}）`,
    size: '范围',
    more: '更多词义',
    build:
      '本页的站点也可以提供全部 117,791 个词义：在本仓库的副本中运行 npm run wordnet -- --all，会生成约 59 MB 的文件，在双核 CPU 上需要两到三个小时。',
    licence: 'WordNet 许可证（英文）',
    chineseLicence: 'CC-CEDICT 许可证（英文）',
    fetching: (loaded: string, total: string) => `正在下载词典：${loaded}，共 ${total}`,
    opening: '正在打开词典',
    early: '现在就可以输入；模型和词典到齐之后就会有答案。',
    ready: '边输入边出结果。',
    time: (embed: string) => `把描述变成向量：${embed}。`,
    nothing: '没有释义含有这些词。',
    unsure: '没有相近的释义：以下只是相对最近的。',
    found: (count: number, reranked: boolean, best: string) =>
      `${count} 个词。${reranked ? '重排后' : '两者结合'}的第一个是：${best}`,
    by: { dense: '语义', lexical: '词语' },
    place: (what: string, place: number) => `${what}第\u00a0${place}`,
    score: (dense: string) => `cos ${dense}`,
    likelihood: (percent: number) => `估计可能性 ${percent}%`,
    pos: { noun: '名词', verb: '动词', adj: '形容词', adv: '副词' } as Record<string, string>,
    missing: ['词典没有下载成功', '服务器或网络出了问题，或者文件不存在。没有丢失任何内容，请重试。'] as Advice,
    unreachable: [
      '重排模型没有下载成功',
      '它在 huggingface.co 上，该网站没有响应，或从这里无法访问。已下载的部分会保留：请重试，或取消并继续使用。',
    ] as Advice,
  },
};
