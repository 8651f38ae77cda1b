import { createNode, type Node, type Stage } from "./nodes";
import type { Change, Sample } from "./store";

interface Shown {
  node: Node;
  change: Change;
}

/** The nodes on the stage: makes them what a sample of the store says, at the present scale. */
export class View {
  private readonly shown = new Map<string, Shown>();

  private scale = 1; // device pixels per scene pixel

  constructor(private readonly stage: Stage) {}

  update(sample: Sample): void {
    for (const id of sample.drop) this.drop(id);
    for (const change of sample.set) this.show(change);
    sample.order?.forEach((id, rank) => this.shown.get(id)?.node.rank(rank));
  }

  rescale(scale: number): void {
    this.scale = scale;
    for (const { change } of this.shown.values()) this.show(change);
  }

  private show(change: Change): void {
    const { object, moving } = change;
    const node = this.shown.get(object.id)?.node ?? createNode(this.stage, object);
    node.show(object, this.scale, moving);
    this.shown.set(object.id, { node, change });
  }

  private drop(id: string): void {
    this.shown.get(id)?.node.destroy();
    this.shown.delete(id);
  }
}
