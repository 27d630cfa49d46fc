// What comes over a wire is `unknown` until its shape is checked: one small reader for all of it.

/** An answer that is not of the shape that was agreed upon; names where. */
export class ShapeError extends Error {
  constructor(
    /** Where in the answer. */
    readonly path: string,
    /** What should stand there. */
    readonly expected: string,
  ) {
    super(`${path}: expected ${expected}`);
  }
}

/** A value and the path to it. */
export class Shape {
  constructor(
    private readonly value: unknown,
    private readonly path: string,
  ) {}

  /** A field of an object. */
  field(name: string): Shape {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value)) {
      throw new ShapeError(this.path, 'an object');
    }
    const value: unknown = (this.value as Record<string, unknown>)[name];
    return new Shape(value, `${this.path}.${name}`);
  }

  /** Whether there is nothing. */
  get absent(): boolean {
    return this.value === undefined || this.value === null;
  }

  /** What stands here, or nothing. */
  optional<T>(read: (shape: Shape) => T): T | null {
    return this.absent ? null : read(this);
  }

  /** A text. */
  text(): string {
    if (typeof this.value !== 'string') {
      throw new ShapeError(this.path, 'a text');
    }
    return this.value;
  }

  /** A text that matches a pattern. */
  matching(pattern: RegExp, expected: string): string {
    const text = this.text();
    if (!pattern.test(text)) {
      throw new ShapeError(this.path, expected);
    }
    return text;
  }

  /** One of these texts. */
  oneOf<const T extends string>(...texts: readonly T[]): T {
    const found = texts.find((text) => text === this.value);
    if (found === undefined) {
      throw new ShapeError(this.path, `one of ${texts.join(', ')}`);
    }
    return found;
  }

  /** Hexadecimal with `0x`, of so many bytes where a number is given. */
  hex(bytes?: number): `0x${string}` {
    const length = bytes === undefined ? '*' : `{${bytes}}`;
    const pattern = new RegExp(`^0x(?:[0-9a-fA-F]{2})${length}$`);
    const expected = bytes === undefined ? 'hexadecimal' : `${bytes} bytes in hexadecimal`;
    return this.matching(pattern, expected).toLowerCase() as `0x${string}`;
  }

  /** A whole number that is not negative. */
  count(): number {
    if (typeof this.value !== 'number' || !Number.isSafeInteger(this.value) || this.value < 0) {
      throw new ShapeError(this.path, 'a whole number that is not negative');
    }
    return this.value;
  }

  /** Yes or no. */
  flag(): boolean {
    if (typeof this.value !== 'boolean') {
      throw new ShapeError(this.path, 'true or false');
    }
    return this.value;
  }

  /** A list, at most so long. */
  list<T>(most: number, read: (shape: Shape) => T): T[] {
    if (!Array.isArray(this.value)) {
      throw new ShapeError(this.path, 'a list');
    }
    if (this.value.length > most) {
      throw new ShapeError(this.path, `at most ${most} entries`);
    }
    return this.value.map((entry: unknown, index) => read(new Shape(entry, `${this.path}[${index}]`)));
  }
}

/** Reads a value that came from `source`. */
export function shapeOf(value: unknown, source: string): Shape {
  return new Shape(value, source);
}
