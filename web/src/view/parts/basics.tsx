import type { ComponentChildren, InputHTMLAttributes, JSX } from 'preact';
import { useId, useState } from 'preact/hooks';

import { fingerprint } from '../../encoding/hex';
import { useLocale } from '../../locale/locale';

/** A button. One that cannot be used yet stays in reach of the keyboard and says why. */
export function Button(props: {
  readonly children: ComponentChildren;
  readonly onClick: () => void;
  readonly main?: boolean;
  readonly busy?: boolean;
  /** The id of the text that says why it cannot be used. */
  readonly heldBy?: string | null;
}): JSX.Element {
  const held = props.busy === true || (props.heldBy ?? null) !== null;
  return (
    <button
      type="button"
      class="button"
      data-main={props.main === true ? '' : undefined}
      aria-disabled={held ? 'true' : undefined}
      aria-describedby={props.heldBy ?? undefined}
      onClick={() => {
        if (!held) {
          props.onClick();
        }
      }}
    >
      {props.children}
    </button>
  );
}

/** A submit button: Enter in a field works it, too. */
export function Submit(props: { readonly children: ComponentChildren; readonly busy: boolean }): JSX.Element {
  return (
    <button type="submit" class="button" data-main="" aria-disabled={props.busy ? 'true' : undefined}>
      {props.children}
    </button>
  );
}

/** A form whose fields stay when nothing came of it. */
export function Form(props: {
  readonly children: ComponentChildren;
  readonly busy: boolean;
  readonly onSubmit: () => void;
}): JSX.Element {
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!props.busy) {
          props.onSubmit();
        }
      }}
    >
      {props.children}
    </form>
  );
}

/** A labelled text field. */
export function Field(props: {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly attributes?: InputHTMLAttributes;
}): JSX.Element {
  const id = useId();
  return (
    <div class="field stack">
      <label for={id}>{props.label}</label>
      <p class="soft small" id={`${id}-hint`}>
        {props.hint}
      </p>
      <input
        {...props.attributes}
        id={id}
        aria-describedby={`${id}-hint`}
        value={props.value}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
    </div>
  );
}

/** A hash in groups of four, which a screen reader reads group by group. */
export function Fingerprint(props: {
  readonly hash: string;
  readonly label: string;
  readonly size?: 'large' | 'small';
}): JSX.Element {
  return (
    <p
      class="fingerprint"
      role="group"
      aria-label={props.label}
      data-large={props.size === 'large' ? '' : undefined}
      data-small={props.size === 'small' ? '' : undefined}
      data-hash={props.hash}
    >
      {fingerprint(props.hash).map((group, index) => (
        <span key={index}>{group} </span>
      ))}
    </p>
  );
}

/** Puts a text on the clipboard. */
export function Copy(props: { readonly text: string; readonly what: string }): JSX.Element {
  const { texts } = useLocale();
  const [done, setDone] = useState(false);
  return (
    <button
      type="button"
      class="plain"
      onClick={() => void navigator.clipboard.writeText(props.text).then(() => setDone(true), () => setDone(false))}
    >
      <span aria-live="polite">{done ? texts.copied : texts.copy}</span>
      <span class="unseen">: {props.what}</span>
    </button>
  );
}

/** Offers a text as a file. */
export function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: name.endsWith('.json') ? 'application/json' : 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
