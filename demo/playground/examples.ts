export interface Example {
  readonly lang: string;
  readonly queries: readonly string[];
  readonly passages: readonly string[];
}

const english: Example = {
  lang: 'en',
  queries: [
    'How do bees make honey?',
    'Why is the sky blue?',
    'best way to keep my photos safe',
    'What should I eat before a marathon?',
  ],
  passages: [
    'Keep three copies of your pictures, on two kinds of storage, one of them away from home.',
    'In the hive, bees pass nectar from mouth to mouth and fan it with their wings until it thickens.',
    'The photographer waited on the hill until the light was right.',
    'Short wavelengths of sunlight are scattered most by the molecules of the air.',
    'Stir two spoons of honey into warm milk and drink it before bed.',
    'On the evening before the race, long-distance runners fill up on rice, pasta or bread.',
  ],
};

const chinese: Example = {
  lang: 'zh',
  queries: ['蜜蜂是怎样酿蜜的？', '天空为什么是蓝色的？', '怎样保存照片才安全', '跑马拉松之前该吃什么？'],
  passages: [
    '图片应该保留三份，存放在两种不同的介质上，其中一份不放在家里。',
    '工蜂把采来的花蜜口口相传，再用翅膀扇风，直到水分蒸发、变得浓稠。',
    '摄影师在山上一直等到光线合适才按下快门。',
    '太阳光中波长较短的部分最容易被空气分子散射。',
    '睡前在热牛奶里加两勺蜂蜜，搅匀后喝下。',
    '比赛前一晚，长跑选手会多吃米饭、面条或面包。',
  ],
};

export function exampleFor(model: string): Example {
  return model.includes('-zh') ? chinese : english;
}
