/** A promise of what a function with a callback as its last argument comes to. */
export function promise(fn: Function, context: unknown, args: ArrayLike<unknown>): Promise<any>
/** A rejected promise. */
export function reject(error: unknown): Promise<never>
/** Sets the implementation that the module's promises are made with. */
export function use(implementation: PromiseConstructor): void
