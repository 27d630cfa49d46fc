// What the parts of the page share.

import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';

import { useTexts } from '../texts/texts';
import { ends } from './format';

/** One part of the page, with a title that leads to it. */
export function Part(props: {
  readonly id: string;
  readonly title: string;
  readonly what?: string;
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <section class="sheet stack watch-part" data-wide={props.wide === true ? '' : undefined} aria-labelledby={props.id}>
      <h2 id={props.id}>{props.title}</h2>
      {props.what !== undefined && <p class="soft small">{props.what}</p>}
      {props.children}
    </section>
  );
}

/** A table that scrolls by itself where the screen is narrow, by keyboard too. */
export function Table(props: { readonly label: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div class="table-frame" role="group" aria-label={props.label} tabIndex={0}>
      <table>{props.children}</table>
    </div>
  );
}

/** The same as a chart, for those who would rather read. */
export function AsTable(props: { readonly label: string; readonly children: ComponentChildren }): JSX.Element {
  const texts = useTexts();
  const [open, setOpen] = useState(false);
  return (
    <details class="small" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{texts.table}</summary>
      {open && <Table label={props.label}>{props.children}</Table>}
    </details>
  );
}

/** A long text by its ends; the whole is read out, and shown when it is pointed at. */
export function Short(props: { readonly text: string; readonly each?: number }): JSX.Element {
  return (
    <span class="short" title={props.text}>
      <span aria-hidden="true">{ends(props.text, props.each)}</span>
      <span class="unseen">{props.text}</span>
    </span>
  );
}

/** A bar of parts of a whole, for the eye: the numbers stand beside it. */
export function Bar(props: { readonly whole: number; readonly parts: readonly { readonly value: number; readonly kind: string }[] }): JSX.Element {
  const width = (value: number) => (props.whole === 0 ? 0 : Math.min(100, (100 * value) / props.whole));
  return (
    <svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="bar-whole" x="0" y="0" width="100" height="10" />
      {props.parts.map(({ value, kind }) => (
        <rect key={kind} class={`bar-${kind}`} x="0" y="0" width={width(value)} height="10" />
      ))}
    </svg>
  );
}
