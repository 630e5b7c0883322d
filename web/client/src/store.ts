/** A value that others read and are told of. Each change is a new object, as `useSyncExternalStore` wants it. */
export class Store<T extends object> {
  private readonly readers = new Set<() => void>();

  constructor(private value: T) {}

  readonly get = (): T => this.value;

  readonly subscribe = (reader: () => void): (() => void) => {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  };

  put(change: Partial<T>): void {
    this.value = { ...this.value, ...change };
    for (const reader of [...this.readers]) reader();
  }
}
