// The texts of the checker, in every language of the pages. They stand apart since the checker may lie
// on another server, alone.

import type { Language } from '../locale/locale';

interface Texts {
  readonly title: string;
  readonly what: string;
  readonly paste: string;
  readonly hint: string;
  readonly file: string;
  readonly unreadable: string;
  readonly check: string;
  readonly checking: string;
  readonly refused: string;
  readonly commitment: string;
  readonly commitmentWhy: string;
  readonly selections: string;
  readonly selectionsWhy: string;
  readonly nothing: string;
  readonly election: string;
  readonly district: string;
  readonly manifest: string;
  readonly key: string;
  readonly genesis: string;
  readonly published: string;
  readonly liar: string;
}

const en: Texts = {
  title: 'Check a ballot',
  what: 'The device that encrypted your ballot has opened it. This device, which must be another one, encrypts the same selections with the same numbers and shows the code that comes of it. It asks nobody, and sends nothing.',
  paste: 'Scan the square code and paste its text',
  hint: 'The text begins with PSEPHOS-CHECK.',
  file: 'or open the file',
  unreadable: 'This file cannot be read. Save it again on the first device, and open that one.',
  check: 'Compute again',
  checking: 'Computing…',
  refused: 'This cannot be checked',
  commitment: 'The ballot has this code',
  commitmentWhy: 'It must be the code that the first device showed before you asked for this check.',
  selections: 'It holds these selections',
  selectionsWhy: 'They must be those that you made.',
  nothing: 'Nothing is selected',
  election: 'Election',
  district: 'District',
  manifest: 'Fingerprint of the ballot paper',
  key: 'Fingerprint of the election key',
  genesis: 'Chain',
  published: 'These are the same for every voter, and published by the election commission.',
  liar: 'If anything differs, the first device has cheated: do not vote with it, and tell your election commission.',
};

const ru: Texts = {
  title: 'Проверка бюллетеня',
  what: 'Устройство, которое зашифровало бюллетень, раскрыло его. Это устройство, обязательно другое, шифрует тот же выбор с теми же числами и показывает, какой получается код. Оно никого не спрашивает и ничего не отправляет.',
  paste: 'Отсканируйте квадратный код и вставьте его текст',
  hint: 'Текст начинается с PSEPHOS-CHECK.',
  file: 'или откройте файл',
  unreadable: 'Этот файл не читается. Сохраните его ещё раз на первом устройстве и откройте тот.',
  check: 'Вычислить заново',
  checking: 'Вычисляется…',
  refused: 'Это нельзя проверить',
  commitment: 'У бюллетеня такой код',
  commitmentWhy: 'Это должен быть код, который первое устройство показало до того, как вы попросили о проверке.',
  selections: 'В нём такой выбор',
  selectionsWhy: 'Это должно быть то, что вы выбрали.',
  nothing: 'Ничего не выбрано',
  election: 'Выборы',
  district: 'Округ',
  manifest: 'Отпечаток бюллетеня как формы',
  key: 'Отпечаток ключа выборов',
  genesis: 'Цепочка',
  published: 'Они одинаковы для всех избирателей и опубликованы избирательной комиссией.',
  liar: 'Если что-то не совпадает, первое устройство обманывает: не голосуйте с него и сообщите избирательной комиссии.',
};

/** The checker's texts. */
export const texts: Record<Language, Texts> = { en, ru };
