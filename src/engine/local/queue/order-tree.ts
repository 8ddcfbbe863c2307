interface Node<T> {
  readonly item: T;
  /** By chance, and never below that of a node under it: this keeps the tree flat (a treap). */
  readonly weight: number;
  /** How many items it has, with those below. */
  size: number;
  left: Node<T> | undefined;
  right: Node<T> | undefined;
}

/**
 * Items in order, and how many of them come before any one. With n items, to add or remove one, to find the first, and to count those
 * before one take about log n comparisons. The order of an item must not change while it is in the tree.
 */
export class OrderTree<T> {
  readonly #compare: (one: T, other: T) => number;
  #root: Node<T> | undefined;
  #chance = 1;

  /** @param compare below 0: `one` comes first; 0: both are the same item. */
  constructor(compare: (one: T, other: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return sizeOf(this.#root);
  }

  get first(): T | undefined {
    let node = this.#root;
    while (node?.left !== undefined) node = node.left;
    return node?.item;
  }

  /** Does nothing if the item is there. */
  add(item: T): void {
    this.#root = this.#added(this.#root, item);
  }

  /** Does nothing if the item is not there. */
  delete(item: T): void {
    this.#root = this.#without(this.#root, item);
  }

  /** How many items come before this one, which need not be in the tree. */
  before(item: T): number {
    let count = 0;
    let node = this.#root;
    while (node !== undefined) {
      if (this.#compare(item, node.item) <= 0) node = node.left;
      else {
        count += 1 + sizeOf(node.left);
        node = node.right;
      }
    }
    return count;
  }

  #added(node: Node<T> | undefined, item: T): Node<T> {
    if (node === undefined) {
      return { item, weight: this.#nextChance(), size: 1, left: undefined, right: undefined };
    }
    const order = this.#compare(item, node.item);
    if (order === 0) return node;
    if (order < 0) node.left = this.#added(node.left, item);
    else node.right = this.#added(node.right, item);
    return raised(node);
  }

  #without(node: Node<T> | undefined, item: T): Node<T> | undefined {
    if (node === undefined) return undefined;
    const order = this.#compare(item, node.item);
    if (order === 0) return merged(node.left, node.right);
    if (order < 0) node.left = this.#without(node.left, item);
    else node.right = this.#without(node.right, item);
    return counted(node);
  }

  /** Marsaglia's xorshift: the same in every run. */
  #nextChance(): number {
    this.#chance ^= this.#chance << 13;
    this.#chance ^= this.#chance >>> 17;
    this.#chance ^= this.#chance << 5;
    return this.#chance;
  }
}

function sizeOf(node: Node<unknown> | undefined): number {
  return node?.size ?? 0;
}

function counted<T>(node: Node<T>): Node<T> {
  node.size = 1 + sizeOf(node.left) + sizeOf(node.right);
  return node;
}

/** A node to which one item was added: a heavier one under it takes its place. */
function raised<T>(node: Node<T>): Node<T> {
  const { left, right } = node;
  if (left !== undefined && left.weight > node.weight) {
    node.left = left.right;
    left.right = counted(node);
    return counted(left);
  }
  if (right !== undefined && right.weight > node.weight) {
    node.right = right.left;
    right.left = counted(node);
    return counted(right);
  }
  return counted(node);
}

/** All of `left` come before all of `right`. */
function merged<T>(left: Node<T> | undefined, right: Node<T> | undefined): Node<T> | undefined {
  if (left === undefined) return right;
  if (right === undefined) return left;
  if (left.weight > right.weight) {
    left.right = merged(left.right, right);
    return counted(left);
  }
  right.left = merged(left, right.left);
  return counted(right);
}
