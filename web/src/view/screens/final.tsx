import type { JSX } from 'preact';

import { useLocale } from '../../locale/locale';
import { useStage } from '../context';
import { Button, Copy, Fingerprint, saveFile } from '../parts/basics';
import { Qr } from '../parts/qr';
import { Screen } from '../parts/screen';
import { number } from '../parts/time';

export function FinalScreen(): JSX.Element | null {
  const { texts, language } = useLocale();
  const { voter, flow, model } = useStage();
  const words = texts.final;
  const { delivery, receipt } = flow;
  if (model.forgotten) {
    return (
      <Screen title={words.gone} key="gone">
        <p>
          <a href="./receipt.html">{texts.receipt.title}</a>
        </p>
      </Screen>
    );
  }
  if (delivery === null || receipt === null) {
    return null;
  }
  const check = new URL(`receipt.html#${delivery.tracker}`, location.href).href;
  return (
    <Screen title={words.title}>
      <p class="notice" data-kind="good">
        {words.what(number(language, receipt.block))}
      </p>
      {flow.progress.refuted.length > 0 && (
        <p class="notice" data-kind="bad" role="alert">
          {texts.delivering.refuted(flow.progress.refuted.join(', '))}
        </p>
      )}
      <section class="part stack">
        <h2>{words.receipt}</h2>
        <p>{words.receiptWhy}</p>
        <div class="actions">
          <Button main onClick={() => saveFile(words.fileName, receipt.text)}>
            {words.save}
          </Button>
          <a class="button" href="./receipt.html#own">
            {words.check}
          </a>
        </div>
      </section>
      <section class="part stack">
        <h2>{words.tracker}</h2>
        <Fingerprint hash={delivery.tracker} label={words.tracker} />
        <Copy text={delivery.tracker} what={words.tracker} />
        <p class="soft small">{words.trackerWhy}</p>
        <Qr small text={check} label={words.qr} />
        <p class="soft small">{words.qrWhy}</p>
      </section>
      <section class="part stack">
        <p>{words.destroyed}</p>
        <p class="soft small" id="forget-why">
          {words.forgetWhy}
        </p>
        <Button onClick={() => void voter.forget()}>{words.forget}</Button>
      </section>
    </Screen>
  );
}
