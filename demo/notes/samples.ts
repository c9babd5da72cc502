import { language, type Words } from '../shared/language';
import type { Note } from './note';

const SAMPLES: Words<readonly (readonly [title: string, text: string])[]> = {
  en: [
    [
      'Basil on the sill',
      'Water it from below, every second day. Pinch the tops off before they flower, and it will grow bushy. It hates draughts.',
    ],
    [
      'Sourdough',
      'Feed the starter in the evening. Mix 500 g flour, 350 g water and 10 g salt in the morning, fold four times, and let it rise until the afternoon. Bake at 240 °C in a closed pot.',
    ],
    [
      'Router',
      'When the wifi is gone: hold the small button on the back for ten seconds. The password is then the one on the sticker. Error E-4711 means that the cable is loose.',
    ],
    [
      'Lisbon in May',
      'Night train to Hendaye, then by bus. Stay in Graça: steep, but the view over the river is worth it. Try the custard tarts in the morning, before the queue.',
    ],
    [
      'Back pain',
      'The physiotherapist says: get up every half hour, swim once a week, and do the bridge exercise before breakfast.',
    ],
    [
      'Meeting with Nora',
      'The report is due on the 14th. She takes the figures, I write the summary. Ask Tom whether the budget covers a second translator.',
    ],
    [
      'Bike maintenance',
      'Clean and oil the chain every 300 km. Brake pads were changed in March. The rear tyre loses air: look for glass in it.',
    ],
    [
      'Books to read',
      'The Overstory, because of the trees. Piranesi, which Ana lent me. A short history of nearly everything, again.',
    ],
    [
      'How tides work',
      'The moon pulls the sea on the near side more than the earth below it, and the earth more than the sea on the far side. So there are two bulges, and two high waters a day.',
    ],
    [
      'Growing tomatoes',
      'Sow in March indoors, plant out after the last frost. Water the soil and never the leaves, else they get blight. Tie them up early.',
    ],
  ],
  zh: [
    ['窗台上的罗勒', '隔一天从盆底浇水。开花前掐掉顶芽，会长得更茂密。怕穿堂风。'],
    ['酸面包', '晚上喂酵种。早上把500克面粉、350克水和10克盐混合，折叠四次，发酵到下午。用带盖的锅在240度烘烤。'],
    ['路由器', '无线网断了：按住背面的小按钮十秒，之后密码就是标签上的那个。错误代码E-4711表示网线松了。'],
    ['五月去里斯本', '先坐夜车，再转大巴。住在格拉萨区：坡很陡，但是能看到河景。蛋挞要早上去买，不用排队。'],
    ['腰疼', '理疗师说：每半小时起来走一走，每周游泳一次，早饭前做臀桥练习。'],
    ['和小林的会议', '报告十四号交。她负责数据，我写摘要。问一下小汤，预算够不够再请一位翻译。'],
    ['自行车保养', '每三百公里清洗链条并上油。三月换过刹车片。后胎漏气：检查有没有扎到玻璃。'],
    ['想读的书', '《树语》，因为写树。《皮拉奈奇》，安娜借给我的。《万物简史》再读一遍。'],
    [
      '潮汐的原理',
      '月亮对近处海水的引力大于对地球的引力，对地球的引力又大于对远处海水的引力，于是两侧都鼓起来，一天涨潮两次。',
    ],
    ['种番茄', '三月在室内播种，霜冻过后移栽。只浇土不浇叶，否则会得疫病。尽早绑上支架。'],
  ],
};

/** Some notes to try the page with, in the language of the interface. */
export function samples(): Note[] {
  const modified = Date.now();
  return SAMPLES[language()].map(([title, text], i) => ({
    ...{ id: `samples/${title}.md`, text: `# ${title}\n\n${text}\n`, modified: modified - i },
  }));
}
